import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { proofType } from '../../proof/dpop-claims.ts'
import { jwkThumbprint, publicJwk } from '../../proof/public-jwk.ts'
import { isFor, isStrong } from '../../proof/signature-algorithms.ts'
import { decodeBase64url } from '../base64url.ts'
import { mediaTypeOf, parseJsonObject } from '../compact-jws.ts'
import { RefusedToken } from '../token-refused-error.ts'

/** What the header of a proof says: who signed it, and how. */
export interface ProofHeader {
  readonly alg: string
  readonly key: KeyObject
  /** RFC 7638. */
  readonly thumbprint: string
}

/** Members of private and secret keys (RFC 7518 §6). */
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

/**
 * Reads the header of a proof (RFC 9449 §4.2); the caller has checked its letters. Where it has to be signed with a certain key, no other is even read.
 * @throws RefusedToken
 */
export function proofHeader(text: string, algorithms: readonly string[], expected?: string): ProofHeader {
  const { typ, alg, jwk, crit } = parseJsonObject(decodeBase64url(text), 'malformed_proof')
  // No extension is understood, so a critical one cannot be honoured (RFC 7515 §4.1.11).
  if (crit !== undefined || typeof typ !== 'string' || mediaTypeOf(typ) !== proofType)
    throw new RefusedToken('malformed_proof')
  if (typeof alg !== 'string' || !algorithms.includes(alg)) throw new RefusedToken('proof_algorithm')
  if (!isObject(jwk) || privateMembers.some((member) => member in jwk)) throw new RefusedToken('wrong_proof_key')
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

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
