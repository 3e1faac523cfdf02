import type { KeyObject } from 'node:crypto'
import { builtin } from '../builtin.ts'
import { signatureAlgorithm } from './signature-algorithms.ts'

/** Whether a key made the raw signature of a JWS (RFC 7515 §5.2). A key that cannot be used with the algorithm signed nothing. */
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
