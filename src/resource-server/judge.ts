import { writeBearerChallenge } from '../http/challenge.ts'
import { wrong } from '../wrong-option.ts'
import type { Expectation } from './claims.ts'
import { isLater, type Rule } from './rules.ts'
import type { TokenCarrier } from './token-carrier.ts'
import {
  challengeError,
  type RefusalDetails,
  type RefusalReason,
  RefusedToken,
  TokenRefusedError
} from './token-refused-error.ts'
import type { VerifiedToken } from './verified-token.ts'
import type { AccessTokenVerifier } from './verifier.ts'

export interface JudgeOptions {
  readonly challenge: { readonly realm: string; readonly resourceMetadata: string | undefined }
  readonly expected: Pick<Expectation, 'missingAudienceAccepted'>
  /** Throws or rejects with RefusedToken. */
  check(carrier: TokenCarrier): VerifiedToken | Promise<VerifiedToken>
}

export interface Judging extends Pick<AccessTokenVerifier, 'verify' | 'demand' | 'authorize' | 'checkRule'> {
  refusal(reason: RefusalReason, details?: RefusalDetails): TokenRefusedError
}

/** What every verifier does with a check: it tells refusals with their challenges, and asks rules. */
export function judge({ challenge, expected, check }: JudgeOptions): Judging {
  function refusal(reason: RefusalReason, { scope = [], claim }: RefusalDetails = {}): TokenRefusedError {
    const answer = writeBearerChallenge({ ...challenge, scope, error: challengeError(reason) })
    return new TokenRefusedError(reason, answer, claim)
  }

  function checkRule(rule: Rule): void {
    if (typeof rule?.allows !== 'function') wrong('the rule', 'is none', "Give one, as in scopes('read_user').")
    if (expected.missingAudienceAccepted && rule.asksForScope !== true)
      wrong(
        'the rule',
        'asks for no scope, and with acceptMissingAudience only the scope says that a token is for this service',
        "Ask for one: allOf(scopes('read_user'), …)."
      )
  }

  async function verify(carrier: TokenCarrier): Promise<VerifiedToken> {
    try {
      const token = check(carrier)
      return token instanceof Promise ? await token : token
    } catch (error) {
      throw error instanceof RefusedToken ? refusal(error.reason, error.details) : error
    }
  }

  return {
    refusal,
    verify,
    checkRule,
    demand(token, rule) {
      checkRule(rule)
      const answer: unknown = rule.allows(token)
      if (isLater(answer)) answer.then(undefined, () => {}) // Nobody else would handle its rejection.
      if (answer !== true) throw refusal('insufficient_scope', { scope: rule.scope })
    },
    async authorize(carrier, rule, request = carrier) {
      checkRule(rule)
      const token = await verify(carrier)
      if ((await rule.allows(token, request)) !== true) throw refusal('insufficient_scope', { scope: rule.scope })
      return token
    }
  }
}
