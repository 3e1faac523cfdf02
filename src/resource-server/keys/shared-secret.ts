import { createSecretKey, type KeyObject } from 'node:crypto'
import { ClientConfigurationError } from '../../errors.ts'
import { isSymmetric, leastSecretBytes, symmetricAlgorithms } from '../../proof/signature-algorithms.ts'
import { pinnedKeys } from './jwks.ts'
import { secretKey } from './node-key.ts'
import type { KeySource, VerificationKey } from './verification-keys.ts'

/**
 * Uses the secret that the issuer signs with, or several while it is rotated. HS256 needs 32 bytes, HS384 needs 48 and HS512 needs 64. The option
 * `algorithms` can allow fewer. Whoever can verify with the secret can also sign with it, so every resource server that has it could issue tokens.
 * Prefer public keys.
 */
export function sharedSecret(
  ...secrets: readonly [string | Uint8Array | readonly (string | Uint8Array)[], ...(string | Uint8Array)[]]
): KeySource {
  const keys = secrets.flatMap((secret) => (isList(secret) ? secret : [secret])).map(readSecret)
  if (keys.length === 0) throw invalid('sharedSecret() needs a secret.')
  return {
    algorithms: symmetricAlgorithms.filter((alg) => keys.some((key) => key.fits(alg))),
    pinned: true,
    open: ({ algorithms }) =>
      pinnedKeys({
        candidates: ({ alg }) => (algorithms.includes(alg) ? keys.filter((key) => key.fits(alg)) : [])
      })
  }
}

function readSecret(secret: string | Uint8Array): VerificationKey {
  const key = keyOf(secret)
  const size = key.symmetricKeySize ?? 0
  if (size < 32) throw invalid('sharedSecret() needs at least 32 bytes, chosen at random.')
  return secretKey(key, (alg) => isSymmetric(alg) && size >= leastSecretBytes(alg))
}

function keyOf(secret: string | Uint8Array): KeyObject {
  try {
    return createSecretKey(typeof secret === 'string' ? Buffer.from(secret) : secret)
  } catch {
    throw invalid('sharedSecret() needs text or bytes.')
  }
}

function isList(secret: unknown): secret is readonly (string | Uint8Array)[] {
  return Array.isArray(secret)
}

function invalid(message: string): ClientConfigurationError {
  return new ClientConfigurationError('ERR_INVALID_OPTION', message)
}
