import type { Awaits } from '../waiting/deadline.ts'
import type { Patience } from '../waiting/patience.ts'
import type { AccessToken } from './access-token.ts'
import type { TokenRequest } from './token-request.ts'

/** What a caller passes when it asks for a token: how long it waits, and which token it wants to replace. */
export interface Asking extends Patience {
  /** A token that a resource server refused. The answer is a newer token if there is one, and otherwise the same token. */
  readonly rejected?: AccessToken | undefined
  /** The origin whose answer refused it. A refusal is by one origin, not by all. */
  readonly origin?: string | undefined
  /** A token that still works and stays in use. The source may therefore leave the token request to another instance. */
  readonly inHand?: AccessToken | undefined
  /**
   * Whether an operator insists on a new token. Only a token that the authorization server issues from now on is an answer then. A token or a
   * failure of another instance is not.
   */
  readonly insists?: (() => boolean) | undefined
  /** Called with what the answer is waiting for, so that the caller can name it in its own timeout error. */
  readonly awaits?: Awaits | undefined
}

/** The joint between the rooms. The token endpoint is a source, the cache is one and uses one, and the bearer uses one. */
export interface TokenSource {
  /** Returns a token if one is available, and otherwise a promise of one. It never throws; a failure is a rejected promise. */
  token(request: TokenRequest, asking?: Asking): AccessToken | Promise<AccessToken>
  /** Whether another attempt could have another result, because a credential or a key has changed. Never rejects. */
  changed?(): Promise<boolean> | undefined
  /** Tells the source that the request has failed and that this caller will not repeat it for `ms` milliseconds. */
  rests?(request: TokenRequest, ms: number): void
  /** Removes this token for everybody who shares it. */
  withdraw?(request: TokenRequest, token: AccessToken): void
}
