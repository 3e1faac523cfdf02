/**
 * The symbol for the token options of one call: a member of the dispatch options, or of the init of `fetch`. The policy still decides
 * where tokens may go.
 *
 * @example
 * const writing = { [tokenOptions]: { scope: ['write_user'] } }
 * await request(url, { method: 'POST', dispatcher: agent, ...writing })
 */
export const tokenOptions: unique symbol = Symbol.for('service-token-client.tokenOptions')

/** For fields that are left out, the rule for the URL applies. */
export interface TokenOptions {
  readonly scope?: string | readonly string[]
  readonly audience?: string
  readonly resource?: string | readonly string[]
  readonly parameters?: Readonly<Record<string, string>>
  /** How many milliseconds this call waits for its token. */
  readonly maxWait?: number
  /** The header for the token, instead of that of the rule. */
  readonly header?: string
  /** The word before the token in it. */
  readonly scheme?: string
}
