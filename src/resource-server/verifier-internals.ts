import type { RefusalReason, TokenRefusedError } from './token-refused-error.ts'
import type { AccessTokenVerifier } from './verifier.ts'

/** What verifiers that choose among others need to know of them, and users do not. */
export interface VerifierInternals {
  /** Whether a token is its to judge: by the issuer that the token names, which is not believed yet, or as an opaque one. */
  judges(token: string): boolean
  /** Issuers of its tokens. Two verifiers that name the same one could not be told apart. */
  readonly issuers: readonly string[]
  readonly takesOpaqueTokens: boolean
  refusal(reason: RefusalReason): TokenRefusedError
}

const internals = new WeakMap<AccessTokenVerifier, VerifierInternals>()

export function withInternals(verifier: AccessTokenVerifier, its: VerifierInternals): AccessTokenVerifier {
  internals.set(verifier, its)
  return verifier
}

export function internalsOf(verifier: AccessTokenVerifier): VerifierInternals | undefined {
  return internals.get(verifier)
}
