import { TokenClientError } from '../errors.ts'
import { foreignList } from '../token/foreign-text.ts'

/** A refusal, with the likely reason when the server's metadata does not list the method that was used. */
export function namingTheMethod(
  refusal: TokenClientError,
  method: string,
  listed: readonly string[] = [],
  hidden: readonly string[] = []
): TokenClientError {
  const usable = listed.filter((name) => name !== 'none')
  if (usable.length === 0 || usable.includes(method)) return refusal
  const { code, transient, retryAfter, status, oauthError, cause } = refusal
  const names = foreignList(usable, hidden).join(', ')
  const message = `${refusal.message} Its metadata lists ${names}, and ${method} was used: set clientAuthentication.`
  return new TokenClientError(code, message, { transient, retryAfter, status, oauthError, cause })
}
