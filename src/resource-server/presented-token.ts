import type { Credentials } from './token-carrier.ts'
import { RefusedToken } from './token-refused-error.ts'

const bearer = { scheme: /^Bearer( |$)/i, token: /^Bearer +([\w.~+/-]+=*) *$/i }
const bearerOrDpop = { scheme: /^(?:Bearer|DPoP)( |$)/i, token: /^(?:Bearer|DPoP) +([\w.~+/-]+=*) *$/i }

/**
 * Returns the token in the `Authorization` header (RFC 6750 §2.1, RFC 9449 §7.1). A token in the query is ignored, and a token in a form is an
 * error (`checkForm`). The scheme `DPoP` is accepted only if `speaksDpop` is true.
 * @throws RefusedToken
 */
export function presentedToken({ authorization }: Credentials, speaksDpop: boolean): string {
  const { scheme, token: form } = speaksDpop ? bearerOrDpop : bearer
  if (authorization === undefined || !scheme.test(authorization)) throw new RefusedToken('no_token')
  const [, token] = form.exec(authorization) ?? []
  if (token === undefined) throw new RefusedToken('malformed_header')
  return token
}

/** Returns the text where the token usually is, without any check. It is only used to look up a token that was verified before. */
export function likelyToken({ authorization }: Credentials, speaksDpop: boolean): string | undefined {
  if (authorization?.startsWith('Bearer ')) return authorization.slice('Bearer '.length)
  return speaksDpop && authorization?.startsWith('DPoP ') ? authorization.slice('DPoP '.length) : undefined
}

/** Whether the request uses the scheme `DPoP`. */
export function hasDpopScheme({ authorization }: Credentials): boolean {
  return authorization !== undefined && /^DPoP /i.test(authorization)
}

/** Refuses a request that has another token in its form, if a framework has parsed the form. @throws RefusedToken `several_tokens` */
export function checkForm({ contentType, body }: Credentials): void {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, 'access_token')) return
  if (/^application\/x-www-form-urlencoded\s*(;|$)/i.test(contentType ?? '')) throw new RefusedToken('several_tokens')
}
