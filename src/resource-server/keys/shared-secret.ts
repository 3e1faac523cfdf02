import { createSecretKey } from 'node:crypto'
import { ClientConfigurationError } from '../../errors.ts'
import type { KeySource } from './verification-keys.ts'

/**
 * The secret that the issuer signs with (HS256), at least 256 bits (RFC 8725 §3.5). Whoever can verify with it can sign with it:
 * every resource server that has it can issue tokens. Prefer public keys.
 */
export function sharedSecret(secret: string | Uint8Array): KeySource {
  const key = createSecretKey(typeof secret === 'string' ? Buffer.from(secret) : secret)
  if ((key.symmetricKeySize ?? 0) < 32)
    throw new ClientConfigurationError(
      'ERR_INVALID_OPTION',
      'sharedSecret() needs at least 32 bytes, chosen at random.'
    )
  return { algorithms: ['HS256'], pinned: true, open: () => ({ generation: () => 0, find: () => key }) }
}
