import { wrong } from '../wrong-option.ts'
import type { Expectation } from './claims.ts'
import { hasDpopScheme } from './presented-token.ts'
import { type ChallengeOptions, challengeFor } from './refusal-challenge.ts'
import { isLater, type Rule } from './rules.ts'
import { credentialsIn, type TokenCarrier } from './token-carrier.ts'
import {
  challengeError,
  type RefusalDetails,
  type RefusalReason,
  RefusedToken,
  TokenRefusedError
} from './token-refused-error.ts'
import { isBoundToKey, type VerifiedToken } from './verified-token.ts'
import type { AccessTokenVerifier } from './verifier.ts'

export interface JudgeOptions {
  readonly challenge: ChallengeOptions
  readonly expected: Pick<Expectation, 'missingAudienceAccepted'>
  /** The nonce for later proofs. */
  readonly nonce?: (() => string | undefined) | undefined
  /** Checks a request. Throws or rejects with RefusedToken. */
  check(carrier: TokenCarrier): VerifiedToken | Promise<VerifiedToken>
}

export interface Judging
  extends Pick<AccessTokenVerifier, 'verify' | 'demand' | 'authorize' | 'checkRule' | 'dpopNonce'> {
  refusal(reason: RefusalReason, details?: RefusalDetails): TokenRefusedError
}

/** The part that all verifiers share: it adds challenges to refusals and applies rules. */
export function judge({ challenge, expected, nonce, check }: JudgeOptions): Judging {
  function refusal(reason: RefusalReason, details: RefusalDetails = {}, cameByDpop = false): TokenRefusedError {
    const { scope = [], claim } = details
    const answer = challengeFor(challenge, { error: challengeError(reason), scope, cameByDpop })
    return new TokenRefusedError(reason, answer, { claim, dpopNonce: nonce?.() })
  }

  function notAllowed(token: VerifiedToken, { scope }: Rule): TokenRefusedError {
    return refusal('insufficient_scope', { scope }, isBoundToKey(token))
  }

  function checkRule(rule: Rule): void {
    if (typeof rule?.allows !== 'function') wrong('the rule', 'is not a rule', "Give one, such as scopes('read_user').")
    if (expected.missingAudienceAccepted && rule.asksForScope !== true)
      wrong(
        'the rule',
        'does not require a scope, but with acceptMissingAudience only the scope shows that a token is for this service',
        "Require one: allOf(scopes('read_user'), …)."
      )
  }

  async function verify(carrier: TokenCarrier): Promise<VerifiedToken> {
    try {
      const token = check(carrier)
      return token instanceof Promise ? await token : token
    } catch (error) {
      throw error instanceof RefusedToken ? refusal(error.reason, error.details, cameByDpop(carrier)) : error
    }
  }

  return {
    refusal,
    dpopNonce: () => nonce?.(),
    verify,
    checkRule,
    demand(token, rule) {
      checkRule(rule)
      const answer: unknown = rule.allows(token)
      if (isLater(answer)) answer.then(undefined, () => {}) // Nothing else handles the rejection of this promise.
      if (answer !== true) throw notAllowed(token, rule)
    },
    async authorize(carrier, rule, request = carrier) {
      checkRule(rule)
      const token = await verify(carrier)
      if ((await rule.allows(token, request)) !== true) throw notAllowed(token, rule)
      return token
    }
  }
}

function cameByDpop(carrier: TokenCarrier): boolean {
  try {
    return hasDpopScheme(credentialsIn(carrier))
  } catch {
    return false
  }
}
