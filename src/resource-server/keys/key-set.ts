import { type CryptoKey, createLocalJWKSet, type JSONWebKeySet, type JWK } from 'jose'
import type { JwsHeader } from '../compact-jws.ts'

/** Which keys of a set can be used. */
export interface FitKeys {
  readonly algorithms: readonly string[]
  /** Values of `use` beside `sig`. */
  readonly keyUses: readonly string[]
}

export type KeySet = (header: JwsHeader) => Promise<CryptoKey | undefined>

/**
 * The public keys of a JWK Set that can verify with one of the algorithms. A key without `alg` is bound to one algorithm: no key serves two (RFC 8725 §3.1).
 * @throws Error when it is no JWK Set.
 */
export function keySet(document: JSONWebKeySet, { algorithms, keyUses }: FitKeys): KeySet {
  const keys = document.keys.map((key) => bound(forSignatures(key, keyUses), algorithms))
  const find = createLocalJWKSet({ keys })
  return async ({ alg, kid }) => {
    try {
      return await find(kid === undefined ? { alg } : { alg, kid })
    } catch {
      // None, or two that nothing tells apart, or one that is no use.
      return undefined
    }
  }
}

/** A profile can name further words for what `sig` means, as SPIFFE does. */
function forSignatures(key: JWK, keyUses: readonly string[]): JWK {
  return key.use !== undefined && keyUses.includes(key.use) ? { ...key, use: 'sig' } : key
}

function bound(key: JWK, algorithms: readonly string[]): JWK {
  if (key.kty !== 'RSA' || key.alg !== undefined) return key
  const alg = algorithms.find((algorithm) => /^[RP]S/.test(algorithm))
  return alg === undefined ? key : { ...key, alg }
}
