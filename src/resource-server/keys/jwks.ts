import type { JSONWebKeySet } from 'jose'
import { ClientConfigurationError } from '../../errors.ts'
import { RefusedToken } from '../token-refused-error.ts'
import { type FitKeys, keySet } from './key-set.ts'
import { asymmetricAlgorithms, type KeySource } from './verification-keys.ts'

/** Keys that you have already: a JWK Set (RFC 7517 §5) with the issuer's public keys. Nothing is fetched. */
export function jwks(document: JSONWebKeySet): KeySource {
  const usable = structuredClone(document)
  return {
    algorithms: asymmetricAlgorithms,
    pinned: true,
    open(context) {
      const keys = opened(usable, context)
      return {
        generation: () => 0,
        async find(header) {
          const key = await keys(header)
          if (key === undefined) throw new RefusedToken('unknown_key')
          return key
        }
      }
    }
  }
}

function opened(document: JSONWebKeySet, fit: FitKeys) {
  try {
    return keySet(document, fit)
  } catch {
    throw new ClientConfigurationError('ERR_INVALID_OPTION', 'jwks() needs a JWK Set: { keys: [...] }.')
  }
}
