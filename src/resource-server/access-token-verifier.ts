import { writeBearerChallenge } from '../http/challenge.ts'
import { sender } from '../http/send.ts'
import { wrong } from '../wrong-option.ts'
import { bearerToken, checkForm, likelyToken } from './bearer-token.ts'
import { checkBinding, presentedThumbprint } from './certificate-binding.ts'
import { unverifiedIssuer } from './chosen-verifier.ts'
import { isCompactJws } from './compact-jws.ts'
import { type AccessTokenVerifierOptions, checkOptions } from './options.ts'
import { isLater, type Rule } from './rules.ts'
import { hasTenants, tenantsVerifier } from './tenants.ts'
import { credentialsIn, type TokenCarrier } from './token-carrier.ts'
import { tokenCheck } from './token-check.ts'
import {
  challengeError,
  type RefusalDetails,
  type RefusalReason,
  RefusedToken,
  TokenRefusedError
} from './token-refused-error.ts'
import type { VerifiedToken } from './verified-token.ts'
import type { AccessTokenVerifier } from './verifier.ts'
import { withInternals } from './verifier-internals.ts'

/**
 * Verifies the access tokens of one issuer (RFC 9068 §4) by itself: the issuer is asked for its keys, and not about each token.
 * @throws ClientConfigurationError
 */
export function accessTokenVerifier(options: AccessTokenVerifierOptions): AccessTokenVerifier {
  if (typeof options === 'object' && options !== null && hasTenants(options))
    return tenantsVerifier(options, accessTokenVerifier)
  const how = checkOptions(options)
  const { challenge, forwardedCertificate, isRevoked } = how
  const exchange = sender({ ...how.transport, clock: how.clock })
  const tokens = tokenCheck(how, exchange)

  function told(error: unknown): unknown {
    return error instanceof RefusedToken ? refusal(error.reason, error.details) : error
  }

  function refusal(reason: RefusalReason, { scope = [], claim }: RefusalDetails = {}): TokenRefusedError {
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

  const verifier: AccessTokenVerifier = {
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
  const { issuers, profile } = how.trust.expected
  return withInternals(verifier, {
    judges(token) {
      if (!isCompactJws(token)) return how.introspection !== undefined
      const issuer = unverifiedIssuer(token)
      return issuer === undefined ? !profile.required.includes('iss') : issuers.includes(issuer)
    },
    issuers,
    takesOpaqueTokens: how.introspection !== undefined,
    refusal
  })
}
