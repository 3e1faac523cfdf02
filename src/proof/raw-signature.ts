import type { KeyObject } from 'node:crypto'
import { builtin } from '../builtin.ts'
import { signatureAlgorithm } from './signature-algorithms.ts'

/** Signs the input of a JWS with a private key (RFC 7515 §5.1). The result is base64url. */
export function signatureBy(key: KeyObject, alg: string, input: string): string {
  const { constants, sign } = builtin.crypto
  const { hash = null, pss } = signatureAlgorithm(alg) ?? {}
  const padding = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
  const how = pss ? padding : { dsaEncoding: 'ieee-p1363' as const }
  return sign(hash, Buffer.from(input), { key, ...how }).toString('base64url')
}
