import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { isAnyObject } from '../../any-object.ts'
import { proofType } from '../../proof/dpop-claims.ts'
import { jwkThumbprint, publicJwk } from '../../proof/public-jwk.ts'
import { isFor, isStrong } from '../../proof/signature-algorithms.ts'
import { decodeBase64url } from '../base64url.ts'
import { mediaTypeOf, parseJsonObject } from '../compact-jws.ts'
import { RefusedToken } from '../token-refused-error.ts'

/** The header of a proof: its key and its algorithm. */
export interface ProofHeader {
  readonly alg: string
  readonly key: KeyObject
  /** The thumbprint of the key (RFC 7638). */
  readonly thumbprint: string
}

/** The members that only private and secret keys have (RFC 7518 §6). */
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

/**
 * Reads the header of a proof (RFC 9449 §4.2). The caller must have checked its characters. If a certain key is required, any other key is refused
 * before it is parsed.
 * @throws RefusedToken
 */
export function proofHeader(text: string, algorithms: readonly string[], expected?: string): ProofHeader {
  const { typ, alg, jwk, crit } = parseJsonObject(decodeBase64url(text), 'malformed_proof')
  // We support no extension, so a proof with a critical one must be refused (RFC 7515 §4.1.11).
  if (crit !== undefined || typeof typ !== 'string' || mediaTypeOf(typ) !== proofType)
    throw new RefusedToken('malformed_proof')
  if (typeof alg !== 'string' || !algorithms.includes(alg)) throw new RefusedToken('proof_algorithm')
  if (!isAnyObject(jwk) || privateMembers.some((member) => member in jwk)) throw new RefusedToken('wrong_proof_key')
  const thumbprint = jwkThumbprint(jwk)
  if (thumbprint === undefined || thumbprint !== (expected ?? thumbprint) || !isFor(jwk, alg))
    throw new RefusedToken('wrong_proof_key')
  return { alg, thumbprint, key: keyObject(publicJwk(jwk) as JsonWebKey) }
}

function keyObject(key: JsonWebKey): KeyObject {
  try {
    const found = createPublicKey({ key, format: 'jwk' })
    if (isStrong(found)) return found
  } catch {
    // Refused below.
  }
  throw new RefusedToken('wrong_proof_key')
}
