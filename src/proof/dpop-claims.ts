import { sha256 } from './public-jwk.ts'

/** The `typ` of a proof (RFC 9449 §4.2). */
export const proofType = 'dpop+jwt'

/** The claim `ath`: which token a proof goes with (RFC 9449 §4.2). */
export function accessTokenHash(token: string): string {
  return sha256(token)
}

/**
 * The claim `htu`: the URL of a request without query, fragment and credentials (RFC 9449 §4.2), in the one form that all equal URLs
 * have (RFC 3986 §6.2.2, §6.2.3). Both sides of a comparison have to be brought to it. Undefined for what is no URL of http or https.
 */
export function targetUri(url: string | URL): string | undefined {
  if (!URL.canParse(`${url}`)) return undefined
  const { protocol, origin, pathname } = new URL(url)
  return protocol === 'https:' || protocol === 'http:' ? origin + decodeUnreserved(pathname) : undefined
}

/** Percent-encoding is upper case, and no character is encoded that need not be (RFC 3986 §6.2.2). */
export function decodeUnreserved(path: string): string {
  return path.replace(/%[0-9a-f]{2}/gi, (encoded) => {
    const character = String.fromCharCode(Number.parseInt(encoded.slice(1), 16))
    return /[0-9a-z._~-]/i.test(character) ? character : encoded.toUpperCase()
  })
}
