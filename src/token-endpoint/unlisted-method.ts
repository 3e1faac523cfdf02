import { TokenClientError } from '../errors.ts'

/** A refusal, with the likely reason when the server's metadata does not list the method that was used. */
export function namingTheMethod(
  refusal: TokenClientError,
  method: string,
  listed: readonly string[] = []
): TokenClientError {
  const usable = listed.filter((name) => name !== 'none')
  if (usable.length === 0 || usable.includes(method)) return refusal
  const { code, transient, retryAfter, status, oauthError, cause } = refusal
  const names = usable.map(printable).join(', ')
  const message = `${refusal.message} Its metadata lists ${names}, and ${method} was used: set clientAuthentication.`
  return new TokenClientError(code, message, { transient, retryAfter, status, oauthError, cause })
}

function printable(name: string): string {
  return name.slice(0, 50).replace(/[^\w-]/g, '?')
}
