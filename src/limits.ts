/** The limits, in one place. Only `waiting` can be set by an option. */
export const limits = {
  /** Bytes of an answer's body. The connection ends there. */
  answerBytes: 64 * 1024,
  /** Bytes of a document about a server: its metadata, its keys. */
  documentBytes: 512 * 1024,
  /** Bytes of an access token: servers commonly refuse a request with longer headers. */
  tokenBytes: 16 * 1024,
  /** Milliseconds for which a token is kept at most, whatever `expires_in` says. */
  tokenLife: 24 * 60 * 60 * 1000,
  /** Callers that wait for a token at a time, unless `maxWaiting` says otherwise. */
  waiting: 10_000,
  /** Different token requests that one client keeps tokens for. */
  keys: 10_000
} as const
