import { compactVerify } from 'jose'
import { checkClaims, type Expectation } from './claims.ts'
import { type JsonObject, type JwsHeader, parseCompactJws, parseJsonObject } from './compact-jws.ts'
import type { VerificationKeys } from './keys/verification-keys.ts'
import { RefusedToken } from './token-refused-error.ts'
import { type VerifiedToken, verifiedToken } from './verified-token.ts'

export interface SignedTokenContext {
  readonly keys: VerificationKeys
  readonly algorithms: readonly string[]
  readonly expected: Expectation
  /** Epoch ms. */
  readonly now: () => number
}

/**
 * Checks a JWT access token (RFC 9068 §4): what it is, who signed it, and then what it says.
 * @throws RefusedToken; TokenClientError `ERR_KEYS_UNAVAILABLE`.
 */
export async function verifySigned(token: string, context: SignedTokenContext): Promise<VerifiedToken> {
  const { keys, algorithms, expected, now } = context
  const header = parseCompactJws(token)
  if (!expected.profile.types.includes(mediaType(header.typ))) throw new RefusedToken('wrong_type')
  if (!algorithms.includes(header.alg)) throw new RefusedToken('algorithm_not_allowed')
  const claims = await signedClaims(token, header, keys)
  checkClaims(claims, expected, now())
  return verifiedToken(claims, expected)
}

async function signedClaims(token: string, header: JwsHeader, keys: VerificationKeys): Promise<JsonObject> {
  const key = await keys.find(header)
  // Whatever jose complains of, a key that does not fit included, the signature is not one.
  const { payload } = await compactVerify(token, key, { algorithms: [header.alg] }).catch(() => {
    throw new RefusedToken('bad_signature')
  })
  return parseJsonObject(payload, 'malformed_claims')
}

/** Media types compare without case, and `application/` may be left out (RFC 7515 §4.1.9). */
function mediaType(typ: string | undefined): string {
  return (typ ?? '').toLowerCase().replace(/^application\//, '')
}
