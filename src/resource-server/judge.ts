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
export function judge(options: JudgeOptions): Judging {
  const notAllowed = (token: VerifiedToken, { scope }: Rule) =>
    refusal(options, 'insufficient_scope', { scope }, isBoundToKey(token))

  return {
    refusal: (reason, details) => refusal(options, reason, details),
    dpopNonce: () => options.nonce?.(),
    verify: (carrier) => verified(carrier, options),
    checkRule: (rule) => checkRule(rule, options),
    demand(token, rule) {
      checkRule(rule, options)
      const answer: unknown = rule.allows(token)
      if (isLater(answer)) answer.then(undefined, () => {}) // Nothing else handles the rejection of this promise.
      if (answer !== true) throw notAllowed(token, rule)
    },
    async authorize(carrier, rule, request = carrier) {
      checkRule(rule, options)
      const token = await verified(carrier, options)
      if ((await rule.allows(token, request)) !== true) throw notAllowed(token, rule)
      return token
    }
  }
}

/** The error for a refused request, with its challenge. */
function refusal(
  { challenge, nonce }: JudgeOptions,
  reason: RefusalReason,
  details: RefusalDetails = {},
  cameByDpop = false
): TokenRefusedError {
  const { scope = [], claim } = details
  const answer = challengeFor(challenge, { error: challengeError(reason), scope, cameByDpop })
  return new TokenRefusedError(reason, answer, { claim, dpopNonce: nonce?.() })
}

function checkRule(rule: Rule, { expected }: JudgeOptions): void {
  if (typeof rule?.allows !== 'function') wrong('the rule', 'is not a rule', "Give one, such as scopes('read_user').")
  if (expected.missingAudienceAccepted && rule.asksForScope !== true)
    wrong(
      'the rule',
      'does not require a scope, but with acceptMissingAudience only the scope shows that a token is for this service',
      "Require one: allOf(scopes('read_user'), …)."
    )
}

async function verified(carrier: TokenCarrier, options: JudgeOptions): Promise<VerifiedToken> {
  try {
    const token = options.check(carrier)
    return token instanceof Promise ? await token : token
  } catch (error) {
    throw error instanceof RefusedToken ? refusal(options, error.reason, error.details, cameByDpop(carrier)) : error
  }
}

function cameByDpop(carrier: TokenCarrier): boolean {
  try {
    return hasDpopScheme(credentialsIn(carrier))
  } catch {
    return false
  }
}
