import type { SavedKeys } from './keys/saved-keys.ts'
import type { Rule } from './rules.ts'
import type { TokenCarrier } from './token-carrier.ts'
import type { VerifiedToken } from './verified-token.ts'

/** Verifies who calls, and what they may do. */
export interface AccessTokenVerifier {
  /**
   * Returns the verified token of a request. Pass the request if you have one, because a token that is bound to a certificate needs the connection.
   * Rejects with `TokenRefusedError`, which says what to answer, or with a transient `TokenClientError` if the issuer could not be asked; answer 503 then.
   */
  verify(carrier: TokenCarrier): Promise<VerifiedToken>
  /**
   * Checks a verified token with a rule that returns no promise.
   * @throws TokenRefusedError `insufficient_scope`, with the scope that would be enough.
   */
  demand(token: VerifiedToken, rule: Rule): void
  /**
   * Does both: returns the token of a request if the rule allows it. The rule may return a promise. It gets `request`, or otherwise the value that contained the
   * token. Rejects as `verify` and `demand` do, and with any error of the rule itself.
   */
  authorize(carrier: TokenCarrier, rule: Rule, request?: unknown): Promise<VerifiedToken>
  /** Checks whether a rule can be used with this verifier. @throws ClientConfigurationError that says why not. */
  checkRule(rule: Rule): void
  /** The value to send as `DPoP-Nonce` with the answer to a request that had a proof (RFC 9449 §8.2). Undefined if proofs need no nonce. */
  dpopNonce(): string | undefined
  /** The fetched keys, which you can save and pass as `savedKeys` at the next start. Undefined if there are none. */
  readonly keys: { export(): SavedKeys | undefined }
  /** Closes the connections to the issuer and forgets all verified tokens. Nothing can be fetched afterwards. */
  close(): Promise<void>
}
