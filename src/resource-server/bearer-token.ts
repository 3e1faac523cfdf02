import type { Credentials } from './token-carrier.ts'
import { RefusedToken } from './token-refused-error.ts'

const bearer = /^Bearer +([\w.~+/-]+=*) *$/i

/**
 * The token of a request, from its header alone (RFC 6750 §2.1): one in the query is not seen, one in a form counts only as one too many.
 * @throws RefusedToken
 */
export function bearerToken({ authorization }: Credentials): string {
  if (authorization === undefined || !/^Bearer( |$)/i.test(authorization)) throw new RefusedToken('no_token')
  const [, token] = bearer.exec(authorization) ?? []
  if (token === undefined) throw new RefusedToken('malformed_header')
  return token
}

/** What stands where the token is usually written: it may be a token that is known, and is not yet looked at. */
export function likelyToken({ authorization }: Credentials): string | undefined {
  return authorization?.startsWith('Bearer ') ? authorization.slice('Bearer '.length) : undefined
}

/** A form that some framework has read already must not hold a token too. @throws RefusedToken `several_tokens` */
export function checkForm({ contentType, body }: Credentials): void {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, 'access_token')) return
  if (/^application\/x-www-form-urlencoded\s*(;|$)/i.test(contentType ?? '')) throw new RefusedToken('several_tokens')
}
