import type { JSONWebKeySet } from 'jose'
import { ClientConfigurationError } from '../../errors.ts'
import { asymmetricAlgorithms } from '../../proof/signature-algorithms.ts'
import { RefusedToken } from '../token-refused-error.ts'
import { type KeyReading, type KeySet, keySet } from './key-set.ts'
import type { KeySource, VerificationKeys } from './verification-keys.ts'

/** Uses a JWK Set (RFC 7517 §5) with the issuer's public keys that you already have. Nothing is fetched. */
export function jwks(document: JSONWebKeySet): KeySource {
  const usable = structuredClone(document)
  return {
    algorithms: asymmetricAlgorithms,
    pinned: true,
    open: (context) => pinnedKeys(opened(usable, context))
  }
}

/** Keys that never change. */
export function pinnedKeys(set: Pick<KeySet, 'candidates'>): VerificationKeys {
  return {
    candidates(header) {
      const found = set.candidates(header)
      if (found.length === 0) throw new RefusedToken('unknown_key')
      return found
    },
    isCurrent: () => true
  }
}

function opened(document: JSONWebKeySet, reading: KeyReading): KeySet {
  try {
    return keySet(document, reading)
  } catch {
    throw new ClientConfigurationError('ERR_INVALID_OPTION', 'jwks() needs a JWK Set: { keys: [...] }.')
  }
}
