import type { SavedKeys } from './keys/saved-keys.ts'
import type { Rule } from './rules.ts'
import type { TokenCarrier } from './token-carrier.ts'
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
  /** What to send as `DPoP-Nonce` with the answer to a request that came with a proof (RFC 9449 §8.2); undefined where proofs need no nonce. */
  dpopNonce(): string | undefined
  /** The fetched keys, to be saved and given to `savedKeys` at the next start; undefined when there are none. */
  readonly keys: { export(): SavedKeys | undefined }
  /** Ends the connections to the issuer, and forgets what was verified. Nothing can be fetched afterwards. */
  close(): Promise<void>
}
