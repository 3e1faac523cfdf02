import type { AccessToken } from './access-token.ts'
import type { TokenRequest } from './token-request.ts'

/** How long one caller is ready to wait. What it leaves behind flies on. */
export interface Patience {
  /** This caller leaves; it is rejected with the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds in all. */
  readonly maxWait?: number | undefined
}

/** The one joint: the token endpoint is one, the cache is one and takes one, the bearer takes one. */
export interface TokenSource {
  /**
   * A token at once when one is at hand, else a promise of one. Never throws: a failure is a rejected promise.
   * `rejected` is a token that a resource server refused: the answer is another one where one can be had, else the same one again.
   */
  token(request: TokenRequest, rejected?: AccessToken, patience?: Patience): AccessToken | Promise<AccessToken>
}
