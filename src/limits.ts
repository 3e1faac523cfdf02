/** The limits that several rooms share. `waiting` and `keys` are the defaults of options. */
export const limits = {
  /** The largest body of an answer, in bytes. A longer one ends the connection. */
  answerBytes: 64 * 1024,
  /** The largest document about a server, in bytes: its metadata, its keys. */
  documentBytes: 512 * 1024,
  /** The largest access token, in bytes. Servers usually refuse a request with longer headers. */
  tokenBytes: 16 * 1024,
  /** How many milliseconds a token is kept at most, whatever `expires_in` says. */
  tokenLife: 24 * 60 * 60 * 1000,
  /** For how many milliseconds the keys of an issuer stay in use while it does not answer. */
  keyLife: 24 * 60 * 60 * 1000,
  /** The longest pause in milliseconds. If a server asks for a longer one, the client asks again after this one. */
  pause: 300_000,
  /** How many milliseconds a resource server waits for the issuer: for its metadata, its keys, or an introspection. */
  issuerWait: 5000,
  /** From how many milliseconds on a difference between two clocks matters. A `Date` header has whole seconds and takes a moment to arrive. */
  clockDifference: 30_000,
  /** How many callers may wait for a token at the same time, unless `maxWaiting` says otherwise. */
  waiting: 10_000,
  /** For how many different token requests one client keeps tokens, and how many clients of tenants are kept unless `limit` says otherwise. */
  keys: 10_000,
  /** The largest number of copies of one record in a shared store. */
  shards: 1024
} as const
