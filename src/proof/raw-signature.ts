import type { KeyObject } from 'node:crypto'
import { builtin } from '../builtin.ts'
import { signatureAlgorithm } from './signature-algorithms.ts'

/** Signs the input of a JWS with a private key (RFC 7515 §5.1). The result is base64url. */
export function signatureBy(key: KeyObject, alg: string, input: string): string {
  const { hash = null, pss } = signatureAlgorithm(alg) ?? {}
  return builtin.crypto.sign(hash, Buffer.from(input), { key, ...signatureForm(pss) }).toString('base64url')
}

/** The options of node:crypto for the raw form of a signature (RFC 7518 §3.4, §3.5). */
export function signatureForm(pss: boolean | undefined) {
  const { constants } = builtin.crypto
  return pss
    ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    : { dsaEncoding: 'ieee-p1363' as const }
}

/** The header or the claims of a JWS, as they are signed. */
export function jwsPart(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}
