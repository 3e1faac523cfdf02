import { writeBearerChallenge } from '../http/challenge.ts'
import { type Sender, sender } from '../http/send.ts'
import { limits } from '../limits.ts'
import { discoveredServer } from '../metadata/discovery.ts'
import { wrong } from '../wrong-option.ts'
import { bearerToken, type TokenCarrier } from './bearer-token.ts'
import { checkBinding, clientCertificate } from './certificate-binding.ts'
import { isCompactJws } from './compact-jws.ts'
import { introspect } from './introspection.ts'
import { type AccessTokenVerifierOptions, type CheckedOptions, checkOptions } from './options.ts'
import { isLater, type Rule } from './rules.ts'
import { verifySigned } from './signed-token.ts'
import { challengeError, RefusedToken, TokenRefusedError } from './token-refused-error.ts'
import type { VerifiedToken } from './verified-token.ts'
import { verifiedTokens } from './verified-tokens.ts'

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
  /** Ends the connections to the issuer. Nothing can be fetched afterwards. */
  close(): Promise<void>
}

const discoveryTimeout = 5000

/**
 * Verifies the access tokens of one issuer (RFC 9068 §4) by itself: the issuer is asked for its keys, and not about each token.
 * @throws ClientConfigurationError
 */
export function accessTokenVerifier(options: AccessTokenVerifierOptions): AccessTokenVerifier {
  const { challenge, forwardedCertificate, isRevoked, ...how } = checkOptions(options)
  const exchange = sender({ ...how.transport, clock: how.clock })
  const check = tokenCheck(how, exchange)

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
      const token = await check(bearerToken(carrier))
      checkBinding(token.claims, () => clientCertificate(carrier, forwardedCertificate))
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
    close: exchange.close
  }
}

type TokenCheck = (token: string) => Promise<VerifiedToken>

/** A signed token is verified here, another one asked about where that was chosen; either only when it is not known. */
function tokenCheck(
  how: Omit<CheckedOptions, 'challenge' | 'forwardedCertificate' | 'isRevoked'>,
  exchange: Sender
): TokenCheck {
  const { trust, insecureHttpAllowed, clock, introspection } = how
  const [issuer = ''] = trust.expected.issuers
  const found = {
    issuer,
    // An issuer that is no URL has pinned keys, and nothing is looked for.
    ...(!URL.canParse(issuer) && { places: [] }),
    sender: exchange,
    clock,
    timeout: discoveryTimeout,
    allowInsecureHttp: insecureHttpAllowed
  }
  const { keyUses = [] } = trust.expected.profile
  const context = { ...trust, keyUses, server: discoveredServer(found), sender: exchange, clock, insecureHttpAllowed }
  const keys = trust.keySource.open(context)
  const now = () => clock.wallTime()
  const { maxAge } = trust.expected
  const signed = verifiedTokens({ maxAge })
  const introspected = verifiedTokens({ maxAge, ...introspection })

  return async (token) => {
    if (token.length > limits.tokenBytes) throw new RefusedToken('too_large')
    if (introspection === undefined || isCompactJws(token))
      return signed.get(token, now(), keys.generation(), () => verifySigned(token, { ...trust, keys, now }))
    return introspected.get(token, now(), 0, () => introspect(token, introspection, { ...context, now }))
  }
}
