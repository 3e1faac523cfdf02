import { createPublicKey, type JsonWebKey, KeyObject, type webcrypto } from 'node:crypto'
import { types } from 'node:util'
import { ClientConfigurationError } from '../../errors.ts'
import { algorithmsOf, isStrong } from '../../proof/signature-algorithms.ts'
import { pinnedKeys } from './jwks.ts'
import { publicKeyOf } from './node-key.ts'
import type { KeySource, VerificationKey } from './verification-keys.ts'

/** A public key: a KeyObject, a CryptoKey, a JWK, or PEM text of a key or a certificate. */
export type PublicKey = KeyObject | webcrypto.CryptoKey | JsonWebKey | string

/**
 * Uses the issuer's public key, or several while it is rotated. They are tried whatever the `kid` of a token is. Their type decides the algorithms. A
 * JWK with an `alg` is used for that algorithm only, and the option `algorithms` can allow fewer.
 */
export function publicKey(...keys: readonly [PublicKey | readonly PublicKey[], ...PublicKey[]]): KeySource {
  const read = keys
    .flatMap((key) => (Array.isArray(key) ? (key as readonly PublicKey[]) : [key as PublicKey]))
    .map(readKey)
  if (read.length === 0) throw invalid('publicKey() needs a key.')
  return {
    algorithms: [...new Set(read.flatMap(({ algorithms }) => algorithms))],
    pinned: true,
    open: ({ algorithms }) =>
      pinnedKeys({
        candidates: ({ alg }) =>
          (algorithms.includes(alg) ? read.map(({ key }) => key) : []).filter((key) => key.fits(alg))
      })
  }
}

function readKey(given: PublicKey): { readonly key: VerificationKey; readonly algorithms: readonly string[] } {
  const key = keyObject(given)
  const named = typeof given === 'object' && !(given instanceof KeyObject) && 'alg' in given ? given.alg : undefined
  const algorithms = usableAlgorithms(key).filter((alg) => named === undefined || alg === named)
  if (algorithms.length === 0) throw invalid('publicKey() got a JWK whose `alg` does not fit its key type.')
  return { key: publicKeyOf(key, (alg) => algorithms.includes(alg)), algorithms }
}

function keyObject(given: PublicKey): KeyObject {
  const key = types.isCryptoKey(given) ? KeyObject.from(given) : given
  // Node would derive the public key from a private one, and nobody would notice that the private key is in the wrong place.
  const isPrivate =
    key instanceof KeyObject
      ? key.type !== 'public'
      : typeof key === 'string'
        ? key.includes('PRIVATE')
        : typeof key === 'object' && key !== null && 'd' in key
  if (isPrivate)
    throw invalid(
      'publicKey() got a private or secret key. Give the public key. Only the issuer should have the private one.'
    )
  if (key instanceof KeyObject) return key
  try {
    return typeof key === 'string' ? createPublicKey(key) : createPublicKey({ key, format: 'jwk' })
  } catch {
    throw invalid('publicKey() cannot read the key. Give a KeyObject, a CryptoKey, a JWK, or PEM text.')
  }
}

function usableAlgorithms(key: KeyObject): readonly string[] {
  const algorithms = isStrong(key) ? algorithmsOf(key) : []
  if (algorithms.length > 0) return algorithms
  throw invalid('publicKey() accepts RSA keys of at least 2048 bits, P-256, P-384, P-521 and Ed25519.')
}

function invalid(message: string): ClientConfigurationError {
  return new ClientConfigurationError('ERR_INVALID_OPTION', message)
}
