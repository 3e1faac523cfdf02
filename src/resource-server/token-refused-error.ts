import { type ErrorCode, TokenClientError } from '../errors.ts'
import type { ChallengeError } from '../http/challenge.ts'

interface Refusal {
  /** The HTTP status of the answer. */
  readonly status: 400 | 401 | 403
  readonly code: ErrorCode
  /** The `error` of the challenge (RFC 6750 §3.1, RFC 9449 §7.1). A request without credentials gets none. */
  readonly error?: ChallengeError
  /** The message for your log. The caller does not see it. */
  readonly message: string
}

/** All reasons to refuse a request. The caller sees the status and the `error`. The reason and the message are for the log. */
const refusals = {
  no_token: { status: 401, code: 'ERR_TOKEN_MISSING', message: 'The request has no access token.' },
  malformed_header: badRequest('The Authorization header does not contain a single token.'),
  several_tokens: badRequest('The request contains more than one token.'),
  too_large: badToken('The token is larger than 16 KiB.'),
  malformed: badToken('The token is not a signed JWT, which has three parts in base64url.'),
  malformed_header_json: badToken('The header of the token is not a JSON object with unique names.'),
  critical_header: badToken('The token requires an extension (crit) that is not supported.'),
  wrong_type: badToken('The type or a claim of the token says that it is not an access token.'),
  algorithm_not_allowed: badToken('The token is signed with an algorithm that is not allowed.'),
  unknown_key: badToken('The token is signed with a key that the issuer does not publish.'),
  bad_signature: badToken('The signature of the token is wrong.'),
  malformed_claims: badToken('The claims of the token are not a JSON object with unique names.'),
  missing_claim: badToken('A claim of the token is missing or of the wrong type.'),
  wrong_issuer: badToken('The token comes from another issuer.'),
  wrong_audience: badToken('The token is for another audience.'),
  expired: badToken('The token has expired.'),
  not_yet_valid: badToken('The token is not valid yet.'),
  too_old: badToken('The token was issued longer ago than maxAge allows.'),
  contradictory_times: badToken('The token expires before it was issued.'),
  revoked: badToken('The token was revoked, as isRevoked says.'),
  wrong_certificate: badToken(
    'The token is bound to a certificate, but the request came with another one or without one.'
  ),
  unknown_binding: badToken('The token is bound in a way that this service does not accept.'),
  unbound_token: badToken('The token is not bound in a way that this service requires.'),
  bound_as_bearer: badToken('The token is bound to a DPoP key, but it was sent with the scheme Bearer.'),
  wrong_proof_key: badToken(
    'The proof is not signed with the key that the token is bound to, or its key cannot be used.'
  ),
  no_proof: badProof('The request has no DPoP proof, or verify() did not get its method and URL.'),
  several_proofs: badProof('The request has several DPoP proofs.'),
  malformed_proof: badProof('The proof is not a signed JWT of the type dpop+jwt with jti, htm, htu and iat.'),
  proof_algorithm: badProof('The proof is signed with an algorithm that is not allowed.'),
  bad_proof_signature: badProof('The signature of the proof is wrong.'),
  proof_of_another_request: badProof('The proof is for another method or URL. Behind a proxy, set externalUrl.'),
  proof_of_another_token: badProof('The proof is for another token.'),
  stale_proof: badProof('The proof was created too long ago, or the clock of its creator is wrong.'),
  replayed_proof: badProof('The proof was used before.'),
  nonce_needed: {
    status: 401,
    code: 'ERR_TOKEN_REFUSED',
    error: 'use_dpop_nonce',
    message: 'The proof has no nonce of this service, or an expired one. The answer contains the nonce to use.'
  },
  inactive: badToken('The issuer says that the token is not active.'),
  insufficient_scope: {
    status: 403,
    code: 'ERR_INSUFFICIENT_SCOPE',
    error: 'insufficient_scope',
    message: 'The token is valid, but it does not allow this request.'
  }
} as const satisfies Record<string, Refusal>

export type RefusalReason = keyof typeof refusals

/** Details of a refusal. */
export interface RefusalDetails {
  /** The scope that would be enough. The caller sees it. */
  readonly scope?: readonly string[]
  /** The name of the claim that is missing or wrong. It is for your log only. */
  readonly claim?: string | undefined
}

/** An internal error that says why a request is refused. The verifier turns it into a `TokenRefusedError` with a challenge. */
export class RefusedToken extends Error {
  readonly reason: RefusalReason
  readonly details: RefusalDetails

  constructor(reason: RefusalReason, details: RefusalDetails = {}) {
    super(refusals[reason].message)
    this.reason = reason
    this.details = details
  }
}

/** The optional members of an error that have a value. */
interface ToldDetails {
  readonly claim?: string | undefined
  readonly dpopNonce?: string | undefined
}

/**
 * The error for a request that the resource server must refuse. `status`, `challenge` and `dpopNonce` are the whole answer (RFC 6750 §3).
 * `reason` and `message` are for the log and contain no part of the token.
 */
export class TokenRefusedError extends TokenClientError {
  override readonly name = 'TokenRefusedError'
  /** The HTTP status of the answer: 400, 401 or 403. */
  declare readonly status: 400 | 401 | 403
  readonly reason: RefusalReason
  /** The value of `WWW-Authenticate`. */
  readonly challenge: string
  /** The claim that is missing or wrong, if the reason concerns a claim. */
  declare readonly claim?: string
  /** The value of `DPoP-Nonce`, if proofs must contain a nonce. */
  declare readonly dpopNonce?: string

  constructor(reason: RefusalReason, challenge: string, { claim, dpopNonce }: ToldDetails = {}) {
    const { code, message, status } = refusals[reason]
    super(code, claim === undefined ? message : `${message} Look at the claim ${claim}.`, { transient: false, status })
    this.reason = reason
    this.challenge = challenge
    if (claim !== undefined) this.claim = claim
    if (dpopNonce !== undefined) this.dpopNonce = dpopNonce
  }
}

/** Returns the `error` attribute for a reason. */
export function challengeError(reason: RefusalReason): Refusal['error'] {
  const refusal: Refusal = refusals[reason]
  return refusal.error
}

function badRequest(message: string) {
  return { status: 400, code: 'ERR_INVALID_REQUEST', error: 'invalid_request', message } as const
}

function badProof(message: string) {
  return { status: 401, code: 'ERR_TOKEN_REFUSED', error: 'invalid_dpop_proof', message } as const
}

function badToken(message: string) {
  return { status: 401, code: 'ERR_TOKEN_REFUSED', error: 'invalid_token', message } as const
}
