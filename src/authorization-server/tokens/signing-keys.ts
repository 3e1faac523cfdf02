import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose'

/** What access tokens can be signed with. */
export type SigningAlgorithm = 'RS256' | 'ES256'

export interface SigningKey {
  readonly kid: string
  readonly algorithm: SigningAlgorithm
  readonly privateKey: CryptoKey
  /** As it is published: with `kid`, `alg` and `use` (RFC 7517 §4). */
  readonly publicJwk: JWK
}

export interface SigningKeys {
  /** What new tokens are signed with. */
  current(): SigningKey
  /** The current key, and those before it as long as their overlap lasts. */
  published(): readonly JWK[]
  /** Signs with a new key from now on. The one before stays published for `overlap` ms. */
  rotate(overlap: number): Promise<void>
}

/** `now` is in epoch ms. */
export async function signingKeys(algorithm: SigningAlgorithm, now: () => number): Promise<SigningKeys> {
  let current = await newKey(algorithm)
  let earlier: { readonly key: SigningKey; readonly until: number }[] = []
  return {
    current: () => current,
    published() {
      earlier = earlier.filter(({ until }) => now() < until)
      return [current, ...earlier.map(({ key }) => key)].map(({ publicJwk }) => publicJwk)
    },
    async rotate(overlap) {
      const next = await newKey(algorithm)
      earlier.push({ key: current, until: now() + overlap })
      current = next
    }
  }
}

async function newKey(algorithm: SigningAlgorithm): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm)
  const jwk = await exportJWK(publicKey)
  const kid = await calculateJwkThumbprint(jwk)
  return { kid, algorithm, privateKey, publicJwk: { ...jwk, kid, alg: algorithm, use: 'sig' } }
}
