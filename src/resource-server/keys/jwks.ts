import type { JSONWebKeySet } from 'jose'
import { ClientConfigurationError } from '../../errors.ts'
import { RefusedToken } from '../token-refused-error.ts'
import { keySet } from './key-set.ts'
import { asymmetricAlgorithms, type KeySource } from './verification-keys.ts'

/** Keys that you have already: a JWK Set (RFC 7517 §5) with the issuer's public keys. Nothing is fetched. */
export function jwks(document: JSONWebKeySet): KeySource {
  const usable = structuredClone(document)
  return {
    algorithms: asymmetricAlgorithms,
    open({ algorithms }) {
      const keys = opened(usable, algorithms)
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

function opened(document: JSONWebKeySet, algorithms: readonly string[]) {
  try {
    return keySet(document, algorithms)
  } catch {
    throw new ClientConfigurationError('ERR_INVALID_OPTION', 'jwks() needs a JWK Set: { keys: [...] }.')
  }
}
