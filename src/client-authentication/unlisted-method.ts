import { TokenClientError } from '../errors.ts'
import { foreignList } from '../token/foreign-text.ts'

/** A refusal, with the likely reason if the metadata of the server does not list the method that was used. */
export function namingTheMethod(
  refusal: TokenClientError,
  method: string,
  listed: readonly string[] = [],
  hidden: readonly string[] = []
): TokenClientError {
  const reason = unlistedMethod(method, listed, hidden)
  if (reason === undefined) return refusal
  const { code, transient, retryAfter, status, oauthError, cause } = refusal
  return new TokenClientError(code, `${refusal.message} ${reason}`, {
    transient,
    retryAfter,
    status,
    oauthError,
    cause
  })
}

/** Says that the metadata of the server does not list the method that was used. Undefined if it does, or if it lists no methods. */
export function unlistedMethod(
  method: string,
  listed: readonly string[] = [],
  hidden: readonly string[] = []
): string | undefined {
  const usable = listed.filter((name) => name !== 'none')
  if (usable.length === 0 || usable.includes(method)) return undefined
  const names = foreignList(usable, hidden).join(', ')
  return `Its metadata lists ${names}, and ${method} was used: set clientAuthentication.`
}
