/**
 * What one call wants of its token: a member of the options that are dispatched, or of the init of `fetch`. Where tokens may go is the
 * policy's affair all the same.
 *
 * @example
 * const writing = { [tokenOptions]: { scope: ['write_user'] } }
 * await request(url, { method: 'POST', dispatcher: agent, ...writing })
 */
export const tokenOptions: unique symbol = Symbol.for('service-token-client.tokenOptions')

/** Fields that are not named are those of the rule for the URL. */
export interface TokenOptions {
  readonly scope?: string | readonly string[]
  readonly audience?: string
  readonly resource?: string | readonly string[]
  readonly parameters?: Readonly<Record<string, string>>
  /** Milliseconds that this call waits for its token. */
  readonly maxWait?: number
  /** Another header field than the rule's. */
  readonly header?: string
  /** What stands before the token in it. */
  readonly scheme?: string
}
