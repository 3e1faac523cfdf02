import type { KeyObject } from 'node:crypto'
import { builtin } from '../builtin.ts'
import { signatureForm } from './raw-signature.ts'
import { signatureAlgorithm } from './signature-algorithms.ts'

/** Whether the signature of a JWS was made with this key (RFC 7515 §5.2). The result is false if the key cannot be used with the algorithm. */
export function isSignedBy(key: KeyObject, alg: string, input: string, signature: Uint8Array): boolean {
  const algorithm = signatureAlgorithm(alg)
  if (algorithm === undefined) return false
  const { createVerify, verify } = builtin.crypto
  const { hash, pss } = algorithm
  try {
    if (hash === undefined) return verify(null, Buffer.from(input, 'latin1'), key, signature)
    return createVerify(hash)
      .update(input, 'latin1')
      .verify({ key, ...signatureForm(pss) }, signature)
  } catch {
    return false
  }
}
