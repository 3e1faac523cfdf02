import type { AccessToken } from './access-token.ts'
import type { TokenRequest } from './token-request.ts'

/** How long one caller is ready to wait. What it leaves behind flies on. */
export interface Patience {
  /** This caller leaves; it is rejected with the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds in all. */
  readonly maxWait?: number | undefined
}

/** What the caller brings: how long it waits, and the token that it wants replaced. */
export interface Asking extends Patience {
  /** A token that a resource server refused: the answer is a newer one where there is one, else this one again. */
  readonly rejected?: AccessToken | undefined
  /** Whose answer refused it: a refusal is by one origin, not by all. */
  readonly origin?: string | undefined
}

/** The one joint: the token endpoint is one, the cache is one and takes one, the bearer takes one. */
export interface TokenSource {
  /** A token at once when one is at hand, else a promise of one. Never throws: a failure is a rejected promise. */
  token(request: TokenRequest, asking?: Asking): AccessToken | Promise<AccessToken>
}
