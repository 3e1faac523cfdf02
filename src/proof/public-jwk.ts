import { builtin } from '../builtin.ts'

/** The members that make up a public key, in the order of their names (RFC 7638 §3.2, RFC 8037 §2, RFC 9964 §4). */
const membersOf: Readonly<Record<string, readonly string[]>> = {
  EC: ['crv', 'kty', 'x', 'y'],
  OKP: ['crv', 'kty', 'x'],
  RSA: ['e', 'kty', 'n'],
  AKP: ['alg', 'kty', 'pub']
}

/** A JSON Web Key that has not been checked. */
export type Jwk = Readonly<Record<string, unknown>>

/** Returns only the members of the public key. The result is undefined if the key is not asymmetric, or if a member is missing. */
export function publicJwk(jwk: Jwk): Readonly<Record<string, string>> | undefined {
  const { kty } = jwk
  const names = typeof kty === 'string' && Object.hasOwn(membersOf, kty) ? membersOf[kty] : undefined
  const members = names?.map((name) => [name, jwk[name]] as const)
  if (members === undefined || members.some(([, value]) => typeof value !== 'string')) return undefined
  return Object.fromEntries(members) as Record<string, string>
}

/** The thumbprint of a public key: the SHA-256 of its members in base64url (RFC 7638). It is undefined if `publicJwk` is. */
export function jwkThumbprint(jwk: Jwk): string | undefined {
  const key = publicJwk(jwk)
  return key && sha256(JSON.stringify(key))
}

/** Returns the hash in base64url without padding. */
export function sha256(text: string): string {
  return builtin.crypto.createHash('sha256').update(text).digest('base64url')
}
