import type { ErrorCode } from '../errors.ts'
import type { TokenRequest } from '../token/token-request.ts'

/** A moment that is read often and written seldom: epoch ms. */
export interface Moment {
  at: number
}

/** What the authorization server made of one token request: all who ask for the same share it. */
export interface Grant {
  /** The scope of the last token that came. */
  granted?: readonly string[]
  /** Why the last token request failed; gone with the next token. */
  code?: ErrorCode | undefined
}

/** Counts the calls of one rule. A warm call costs two additions and no look at the clock: the token source has just had one. */
export interface Usage {
  /** Without a rule the token was asked for by hand, and only the caller knows where it goes. */
  readonly rule: { readonly origin: string; readonly path?: string | undefined } | undefined
  readonly request: TokenRequest
  readonly grant: Grant
  /** When the token source was last asked, by anybody. */
  readonly lastLook: Readonly<Moment>
  /** Requests that carried a token, second attempts among them. */
  calls: number
  /** Answers that refused it. */
  refused: number
  /** Epoch ms at which the last call asked for its token; 0 before the first. */
  lastUsed: number
}

export function noteCall(usage: Usage): void {
  usage.calls += 1
  usage.lastUsed = usage.lastLook.at
}
