import { decodeBase64url } from './base64url.ts'
import { isCompactJws, parseCompactJws, parseJsonObject } from './compact-jws.ts'
import { presentedToken } from './presented-token.ts'
import { credentialsIn, type TokenCarrier } from './token-carrier.ts'
import { RefusedToken } from './token-refused-error.ts'
import type { VerifiedToken } from './verified-token.ts'
import type { AccessTokenVerifier } from './verifier.ts'
import { internalsOf, type VerifierInternals, withInternals } from './verifier-internals.ts'

export interface Choice {
  /** The verifier that answers requests without a token and tokens that no verifier is for. */
  readonly first: AccessTokenVerifier
  /** Returns the only verifier that decides about this token. */
  choose(token: string): AccessTokenVerifier | undefined | Promise<AccessTokenVerifier | undefined>
  all(): Iterable<AccessTokenVerifier>
  readonly internals: Omit<VerifierInternals, 'refusal'>
}

/** A verifier that passes each token on to one of several verifiers. */
export function chosenVerifier({ first, choose, all, internals }: Choice): AccessTokenVerifier {
  const judges = new WeakMap<VerifiedToken, AccessTokenVerifier>()

  /** A request without a token, or with a malformed one, gets the answer of the first verifier. */
  async function judgeOf(carrier: TokenCarrier): Promise<AccessTokenVerifier> {
    let token: string
    try {
      // The selected verifier decides whether DPoP is accepted.
      token = presentedToken(credentialsIn(carrier), true)
    } catch (error) {
      if (error instanceof RefusedToken) return first
      throw error
    }
    const chosen = await choose(token)
    if (chosen !== undefined) return chosen
    throw refusal(isCompactJws(token) ? 'wrong_issuer' : 'malformed')
  }

  function refusal(reason: Parameters<VerifierInternals['refusal']>[0]) {
    return (internalsOf(first) as VerifierInternals).refusal(reason)
  }

  function known(token: VerifiedToken, verifier: AccessTokenVerifier): VerifiedToken {
    judges.set(token, verifier)
    return token
  }

  const verifier: AccessTokenVerifier = {
    async verify(carrier) {
      const judge = await judgeOf(carrier)
      return known(await judge.verify(carrier), judge)
    },
    async authorize(carrier, rule, request = carrier) {
      const judge = await judgeOf(carrier)
      return known(await judge.authorize(carrier, rule, request), judge)
    },
    demand: (token, rule) => (judges.get(token) ?? first).demand(token, rule),
    checkRule(rule) {
      for (const each of [first, ...all()]) each.checkRule(rule)
    },
    dpopNonce() {
      const nonces = [first, ...all()].map((each) => each.dpopNonce())
      return nonces.find((nonce) => nonce !== undefined)
    },
    keys: { export: () => undefined },
    async close() {
      await Promise.all([...new Set([first, ...all()])].map((each) => each.close()))
    }
  }
  return withInternals(verifier, { ...internals, refusal })
}

/** Returns the `iss` of a signed token that is not verified yet. Use it only to select a verifier. */
export function unverifiedIssuer(token: string): string | undefined {
  try {
    const { iss } = parseJsonObject(decodeBase64url(parseCompactJws(token).payload), 'malformed_claims')
    return typeof iss === 'string' ? iss : undefined
  } catch {
    return undefined
  }
}
