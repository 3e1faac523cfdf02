import type { Credentials } from './token-carrier.ts'
import { RefusedToken } from './token-refused-error.ts'

const bearer = { scheme: /^Bearer( |$)/i, token: /^Bearer +([\w.~+/-]+=*) *$/i }
const bearerOrDpop = { scheme: /^(?:Bearer|DPoP)( |$)/i, token: /^(?:Bearer|DPoP) +([\w.~+/-]+=*) *$/i }

/**
 * The token of a request, from its header alone (RFC 6750 §2.1, RFC 9449 §7.1): one in the query is not seen, one in a form counts only as one too
 * many. The scheme `DPoP` is looked at where it is spoken.
 * @throws RefusedToken
 */
export function presentedToken({ authorization }: Credentials, speaksDpop: boolean): string {
  const { scheme, token: form } = speaksDpop ? bearerOrDpop : bearer
  if (authorization === undefined || !scheme.test(authorization)) throw new RefusedToken('no_token')
  const [, token] = form.exec(authorization) ?? []
  if (token === undefined) throw new RefusedToken('malformed_header')
  return token
}

/** What stands where the token is usually written: it may be a token that is known, and is not yet looked at. */
export function likelyToken({ authorization }: Credentials, speaksDpop: boolean): string | undefined {
  if (authorization?.startsWith('Bearer ')) return authorization.slice('Bearer '.length)
  return speaksDpop && authorization?.startsWith('DPoP ') ? authorization.slice('DPoP '.length) : undefined
}

/** Whether a token came with the scheme `DPoP`. */
export function hasDpopScheme({ authorization }: Credentials): boolean {
  return authorization !== undefined && /^DPoP /i.test(authorization)
}

/** A form that some framework has read already must not hold a token too. @throws RefusedToken `several_tokens` */
export function checkForm({ contentType, body }: Credentials): void {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, 'access_token')) return
  if (/^application\/x-www-form-urlencoded\s*(;|$)/i.test(contentType ?? '')) throw new RefusedToken('several_tokens')
}
