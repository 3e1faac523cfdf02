import { writeBearerChallenge } from '../http/challenge.ts'
import { sender } from '../http/send.ts'
import { wrong } from '../wrong-option.ts'
import { bearerToken, checkForm, likelyToken } from './bearer-token.ts'
import { checkBinding, presentedThumbprint } from './certificate-binding.ts'
import type { SavedKeys } from './keys/saved-keys.ts'
import { type AccessTokenVerifierOptions, checkOptions } from './options.ts'
import { isLater, type Rule } from './rules.ts'
import { credentialsIn, type TokenCarrier } from './token-carrier.ts'
import { tokenCheck } from './token-check.ts'
import { challengeError, RefusedToken, TokenRefusedError } from './token-refused-error.ts'
import type { VerifiedToken } from './verified-token.ts'

/** Tells who calls, and what they may. */
export interface AccessTokenVerifier {
  /**
   * The token of a request, checked. Give it the request where you have one: a token that is bound to a certificate needs the connection.
   * Rejects with `TokenRefusedError`, which says what to answer, or with a transient `TokenClientError` when the issuer could not be asked: answer 503.
   */
  verify(carrier: TokenCarrier): Promise<VerifiedToken>
  /**
   * Checks a verified token against a rule that answers at once.
   * @throws TokenRefusedError `insufficient_scope`, with the scope that would have done.
   */
  demand(token: VerifiedToken, rule: Rule): void
  /**
   * Both in one: the token of a request that the rule allows. The rule may be one that has to be waited for, and sees `request`, or else what the
   * token came in. Rejects as `verify` and `demand` do, and with whatever the rule itself throws.
   */
  authorize(carrier: TokenCarrier, rule: Rule, request?: unknown): Promise<VerifiedToken>
  /** Whether a rule can be used with this verifier. @throws ClientConfigurationError that says why not. */
  checkRule(rule: Rule): void
  /** The fetched keys, to be saved and given to `savedKeys` at the next start; undefined when there are none. */
  readonly keys: { export(): SavedKeys | undefined }
  /** Ends the connections to the issuer, and forgets what was verified. Nothing can be fetched afterwards. */
  close(): Promise<void>
}

/**
 * Verifies the access tokens of one issuer (RFC 9068 §4) by itself: the issuer is asked for its keys, and not about each token.
 * @throws ClientConfigurationError
 */
export function accessTokenVerifier(options: AccessTokenVerifierOptions): AccessTokenVerifier {
  const how = checkOptions(options)
  const { challenge, forwardedCertificate, isRevoked } = how
  const exchange = sender({ ...how.transport, clock: how.clock })
  const tokens = tokenCheck(how, exchange)

  function told(error: unknown): unknown {
    if (!(error instanceof RefusedToken)) return error
    const { reason, details } = error
    const { scope = [], claim } = details
    const answer = writeBearerChallenge({ ...challenge, scope, error: challengeError(reason) })
    return new TokenRefusedError(reason, answer, claim)
  }

  function checkRule(rule: Rule): void {
    if (typeof rule?.allows !== 'function') wrong('the rule', 'is none', "Give one, as in scopes('read_user').")
    if (how.trust.expected.missingAudienceAccepted && rule.asksForScope !== true)
      wrong(
        'the rule',
        'asks for no scope, and with acceptMissingAudience only the scope says that a token is for this service',
        "Ask for one: allOf(scopes('read_user'), …)."
      )
  }

  function insufficient({ scope }: Rule): unknown {
    return told(new RefusedToken('insufficient_scope', { scope }))
  }

  async function verify(carrier: TokenCarrier): Promise<VerifiedToken> {
    try {
      const credentials = credentialsIn(carrier)
      // A token that is known need not be read again.
      const found = tokens.known(likelyToken(credentials)) ?? tokens.check(bearerToken(credentials))
      const token = found instanceof Promise ? await found : found
      checkForm(credentials)
      checkBinding(token.claims, () => presentedThumbprint(credentials.request, forwardedCertificate))
      // A hook that forgets to answer has not said that the token is still good.
      if (isRevoked !== undefined && (await isRevoked(token)) !== false) throw new RefusedToken('revoked')
      return token
    } catch (error) {
      throw told(error)
    }
  }

  return {
    verify,
    checkRule,
    demand(token, rule) {
      checkRule(rule)
      const answer: unknown = rule.allows(token)
      if (isLater(answer)) answer.then(undefined, () => {}) // Nobody else would handle its rejection.
      if (answer !== true) throw insufficient(rule)
    },
    async authorize(carrier, rule, request = carrier) {
      checkRule(rule)
      const token = await verify(carrier)
      if ((await rule.allows(token, request)) !== true) throw insufficient(rule)
      return token
    },
    keys: { export: tokens.exportKeys },
    async close() {
      tokens.close()
      await exchange.close()
    }
  }
}
