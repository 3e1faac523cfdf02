import type { KeyObject } from 'node:crypto'
import { builtin } from '../builtin.ts'
import { signatureAlgorithm } from './signature-algorithms.ts'

/** Whether the signature of a JWS was made with this key (RFC 7515 §5.2). The result is false if the key cannot be used with the algorithm. */
export function isSignedBy(key: KeyObject, alg: string, input: string, signature: Uint8Array): boolean {
  const algorithm = signatureAlgorithm(alg)
  if (algorithm === undefined) return false
  const { constants, createVerify, verify } = builtin.crypto
  const { hash, pss } = algorithm
  try {
    if (hash === undefined) return verify(null, Buffer.from(input, 'latin1'), key, signature)
    const padding = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    const how = pss ? padding : { dsaEncoding: 'ieee-p1363' as const }
    return createVerify(hash)
      .update(input, 'latin1')
      .verify({ key, ...how }, signature)
  } catch {
    return false
  }
}
