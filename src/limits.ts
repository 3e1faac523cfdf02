/** The limits that several rooms keep to. `waiting` and `keys` are defaults of options. */
export const limits = {
  /** Bytes of an answer's body. The connection ends there. */
  answerBytes: 64 * 1024,
  /** Bytes of a document about a server: its metadata, its keys. */
  documentBytes: 512 * 1024,
  /** Bytes of an access token: servers commonly refuse a request with longer headers. */
  tokenBytes: 16 * 1024,
  /** Milliseconds for which a token is kept at most, whatever `expires_in` says. */
  tokenLife: 24 * 60 * 60 * 1000,
  /** Milliseconds for which an issuer's keys serve while it does not answer. */
  keyLife: 24 * 60 * 60 * 1000,
  /** Milliseconds of a pause: a server that asks for a longer one is asked again after this one. */
  pause: 300_000,
  /** Milliseconds that a resource server waits for the issuer: for its metadata, its keys, or a word about a token. */
  issuerWait: 5000,
  /** Milliseconds by which two clocks differ when it is worth a word: a `Date` tells whole seconds and takes a moment to arrive. */
  clockDifference: 30_000,
  /** Callers that wait for a token at a time, unless `maxWaiting` says otherwise. */
  waiting: 10_000,
  /** Different token requests that one client keeps tokens for, and tenants' clients that are kept unless `limit` says otherwise. */
  keys: 10_000,
  /** Equal records of one token in a shared store. */
  shards: 1024
} as const
