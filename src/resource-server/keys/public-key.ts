import { createPublicKey, type JsonWebKey, KeyObject } from 'node:crypto'
import { ClientConfigurationError } from '../../errors.ts'
import { RefusedToken } from '../token-refused-error.ts'
import type { KeySource } from './verification-keys.ts'

/** The issuer's one public key: a KeyObject, a JWK, or PEM text. It verifies whatever `kid` a token names; its kind decides the algorithm. */
export function publicKey(key: KeyObject | JsonWebKey | string): KeySource {
  const verifier = readKey(key)
  const algorithms = algorithmsOf(verifier)
  return {
    algorithms,
    pinned: true,
    open: () => ({
      generation: () => 0,
      find({ alg }) {
        if (!algorithms.includes(alg)) throw new RefusedToken('unknown_key')
        return verifier
      }
    })
  }
}

function readKey(key: KeyObject | JsonWebKey | string): KeyObject {
  // Node would make a public key of a private one, and nobody would notice where the private one lies.
  const isPrivate =
    key instanceof KeyObject ? key.type !== 'public' : typeof key === 'string' ? key.includes('PRIVATE') : 'd' in key
  if (isPrivate)
    throw invalid('publicKey() got a private or secret key. Give the public half; the other belongs to the issuer.')
  if (key instanceof KeyObject) return key
  try {
    return typeof key === 'string' ? createPublicKey(key) : createPublicKey({ key, format: 'jwk' })
  } catch {
    throw invalid('publicKey() cannot read the key. Give a KeyObject, a JWK, or PEM text.')
  }
}

function algorithmsOf({ asymmetricKeyType, asymmetricKeyDetails = {} }: KeyObject): readonly string[] {
  const { modulusLength = 0, namedCurve } = asymmetricKeyDetails
  if (asymmetricKeyType === 'rsa' && modulusLength >= 2048) return ['RS256']
  if (asymmetricKeyType === 'rsa-pss' && modulusLength >= 2048) return ['PS256']
  if (asymmetricKeyType === 'ec' && namedCurve === 'prime256v1') return ['ES256']
  if (asymmetricKeyType === 'ec' && namedCurve === 'secp384r1') return ['ES384']
  if (asymmetricKeyType === 'ed25519') return ['EdDSA', 'Ed25519']
  throw invalid('publicKey() takes RSA of 2048 bits and more, P-256, P-384 and Ed25519.')
}

function invalid(message: string): ClientConfigurationError {
  return new ClientConfigurationError('ERR_INVALID_OPTION', message)
}
