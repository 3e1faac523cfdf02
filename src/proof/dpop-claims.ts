import { sha256 } from './public-jwk.ts'

/** The `typ` header of a DPoP proof (RFC 9449 §4.2). */
export const proofType = 'dpop+jwt'

/** Returns the claim `ath`, the hash of the access token that is sent with the proof (RFC 9449 §4.2). */
export function accessTokenHash(token: string): string {
  return sha256(token)
}

/**
 * Returns the claim `htu`: the URL of a request without query, fragment and credentials (RFC 9449 §4.2). It is normalized
 * (RFC 3986 §6.2.2, §6.2.3), so normalize both URLs before you compare them. The result is undefined if the URL is not http or https.
 */
export function targetUri(url: string | URL): string | undefined {
  if (!URL.canParse(`${url}`)) return undefined
  const { protocol, origin, pathname } = new URL(url)
  return protocol === 'https:' || protocol === 'http:' ? origin + decodeUnreserved(pathname) : undefined
}

/** Normalizes percent-encoding: it becomes upper case, and characters that need no encoding are decoded (RFC 3986 §6.2.2). */
export function decodeUnreserved(path: string): string {
  return path.replace(/%[0-9a-f]{2}/gi, (encoded) => {
    const character = String.fromCharCode(Number.parseInt(encoded.slice(1), 16))
    return /[0-9a-z._~-]/i.test(character) ? character : encoded.toUpperCase()
  })
}
