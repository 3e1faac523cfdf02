import { checkForm, likelyToken, presentedToken } from './presented-token.ts'
import { checkBinding, type SenderConstraint, type TokenUse } from './sender-constraint.ts'
import { credentialsIn, type TokenCarrier } from './token-carrier.ts'
import type { TokenCheck } from './token-check.ts'
import { RefusedToken } from './token-refused-error.ts'
import type { VerifiedToken } from './verified-token.ts'
import type { IsRevoked } from './verifier-options.ts'

/** Checks the token of a request, and that the client may use it. */
export class RequestCheck {
  readonly #tokens: TokenCheck
  readonly #constraint: SenderConstraint
  readonly #isRevoked: IsRevoked | undefined
  /** Whether the scheme `DPoP` is accepted. */
  readonly #speaksDpop: boolean

  constructor(tokens: TokenCheck, constraint: SenderConstraint, isRevoked: IsRevoked | undefined) {
    this.#tokens = tokens
    this.#constraint = constraint
    this.#isRevoked = isRevoked
    this.#speaksDpop = constraint.proofs !== undefined
  }

  /** Throws or rejects with RefusedToken or TokenClientError, or with an error of `isRevoked`. */
  check(carrier: TokenCarrier): VerifiedToken | Promise<VerifiedToken> {
    const credentials = credentialsIn(carrier)
    // A known token does not have to be read again.
    const token =
      this.#tokens.known(likelyToken(credentials, this.#speaksDpop)) ??
      this.#tokens.check(presentedToken(credentials, this.#speaksDpop))
    return token instanceof Promise
      ? token.then((landed) => this.#checkUse({ token: landed, credentials, carrier }))
      : this.#checkUse({ token, credentials, carrier })
  }

  /** Does the checks that every use of a token needs, even if the token was verified before. */
  #checkUse(use: TokenUse): VerifiedToken | Promise<VerifiedToken> {
    checkForm(use.credentials)
    checkBinding(use, this.#constraint)
    return this.#isRevoked === undefined ? use.token : unrevoked(use.token, this.#isRevoked)
  }
}

/** Only `false` means that a token is not revoked. A hook that returns nothing has not said so. */
async function unrevoked(token: VerifiedToken, isRevoked: IsRevoked): Promise<VerifiedToken> {
  if ((await isRevoked(token)) !== false) throw new RefusedToken('revoked')
  return token
}
