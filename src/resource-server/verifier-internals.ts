import type { RefusalReason, TokenRefusedError } from './token-refused-error.ts'
import type { AccessTokenVerifier } from './verifier.ts'

/** Members that `anyIssuer` and tenants need from a verifier, but users do not. */
export interface VerifierInternals {
  /** Whether this verifier is responsible for a token. It decides by the unverified issuer, or by the token being opaque. */
  judges(token: string): boolean
  /** The issuers of its tokens. No two verifiers may have the same one. */
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
