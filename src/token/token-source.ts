import type { Awaits } from '../waiting/deadline.ts'
import type { Patience } from '../waiting/patience.ts'
import type { AccessToken } from './access-token.ts'
import type { TokenRequest } from './token-request.ts'

/** What the caller brings: how long it waits, and the token that it wants replaced. */
export interface Asking extends Patience {
  /** A token that a resource server refused: the answer is a newer one where there is one, else this one again. */
  readonly rejected?: AccessToken | undefined
  /** Whose answer refused it: a refusal is by one origin, not by all. */
  readonly origin?: string | undefined
  /** A token that still works and serves on meanwhile: whoever answers may leave the asking to somebody else. */
  readonly inHand?: AccessToken | undefined
  /**
   * Whether an operator insists by now: only a token that the authorization server gives from now on is an answer, and neither one
   * that others have nor a failure that they met.
   */
  readonly insists?: (() => boolean) | undefined
  /** Told what the answer waits for, so that whoever asked can say it when its own time is up. */
  readonly awaits?: Awaits | undefined
}

/** The one joint: the token endpoint is one, the cache is one and takes one, the bearer takes one. */
export interface TokenSource {
  /** A token at once when one is at hand, else a promise of one. Never throws: a failure is a rejected promise. */
  token(request: TokenRequest, asking?: Asking): AccessToken | Promise<AccessToken>
  /** Whether asking again could bring something else than before: another credential, another key. Never rejects. */
  readonly changed?: (() => Promise<boolean>) | undefined
  /** Asking has failed, and this caller does not ask for that request again for `ms` milliseconds. */
  rests?(request: TokenRequest, ms: number): void
  /** Takes this token from everybody who shares it. */
  withdraw?(request: TokenRequest, token: AccessToken): void
}
