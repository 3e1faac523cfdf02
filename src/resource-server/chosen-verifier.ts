import { decodeBase64url } from './base64url.ts'
import { isCompactJws, parseCompactJws, parseJsonObject } from './compact-jws.ts'
import { presentedToken } from './presented-token.ts'
import { credentialsIn, type TokenCarrier } from './token-carrier.ts'
import { type RefusalReason, RefusedToken, type TokenRefusedError } from './token-refused-error.ts'
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
export function chosenVerifier(choice: Choice): AccessTokenVerifier {
  const verifiers = new Verifiers(choice)
  const verifier: AccessTokenVerifier = {
    async verify(carrier) {
      const chosen = await verifiers.for(carrier)
      return verifiers.remember(await chosen.verify(carrier), chosen)
    },
    async authorize(carrier, rule, request = carrier) {
      const chosen = await verifiers.for(carrier)
      return verifiers.remember(await chosen.authorize(carrier, rule, request), chosen)
    },
    demand: (token, rule) => verifiers.thatVerified(token).demand(token, rule),
    checkRule(rule) {
      for (const each of verifiers.all) each.checkRule(rule)
    },
    dpopNonce() {
      const nonces = verifiers.all.map((each) => each.dpopNonce())
      return nonces.find((nonce) => nonce !== undefined)
    },
    keys: { export: () => undefined },
    async close() {
      await Promise.all([...new Set(verifiers.all)].map((each) => each.close()))
    }
  }
  return withInternals(verifier, { ...choice.internals, refusal: (reason) => verifiers.refusal(reason) })
}

/** The verifiers, and which of them verified which token. */
class Verifiers {
  readonly #choice: Choice
  readonly #verifiedBy = new WeakMap<VerifiedToken, AccessTokenVerifier>()

  constructor(choice: Choice) {
    this.#choice = choice
  }

  /** All of them. The first can be in it twice. */
  get all(): readonly AccessTokenVerifier[] {
    return [this.#choice.first, ...this.#choice.all()]
  }

  /** The verifier that decides about a request. One without a token, or with a malformed one, gets the answer of the first verifier. */
  async for(carrier: TokenCarrier): Promise<AccessTokenVerifier> {
    let token: string
    try {
      // The selected verifier decides whether DPoP is accepted.
      token = presentedToken(credentialsIn(carrier), true)
    } catch (error) {
      if (error instanceof RefusedToken) return this.#choice.first
      throw error
    }
    const chosen = await this.#choice.choose(token)
    if (chosen !== undefined) return chosen
    throw this.refusal(isCompactJws(token) ? 'wrong_issuer' : 'malformed')
  }

  remember(token: VerifiedToken, verifier: AccessTokenVerifier): VerifiedToken {
    this.#verifiedBy.set(token, verifier)
    return token
  }

  thatVerified(token: VerifiedToken): AccessTokenVerifier {
    return this.#verifiedBy.get(token) ?? this.#choice.first
  }

  refusal(reason: RefusalReason): TokenRefusedError {
    return (internalsOf(this.#choice.first) as VerifierInternals).refusal(reason)
  }
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
