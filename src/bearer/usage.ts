import type { ErrorCode } from '../errors.ts'
import type { TokenRequest } from '../token/token-request.ts'

/** A moment that is read often and written seldom: epoch ms. */
export interface Moment {
  at: number
}

/** The result of one token request. All callers with the same request share it. */
export interface Grant {
  /** The scope of the last token that came. */
  granted?: readonly string[]
  /** Why the last token request failed. The next token clears it. */
  code?: ErrorCode | undefined
}

/** Counts the calls of one rule. A warm call needs two additions and does not read the clock, because the token source has just done so. */
export interface Usage {
  /** Without a rule, the user's code asked for the token, and only that code knows where it goes. */
  readonly rule: { readonly origin: string; readonly path?: string | undefined } | undefined
  readonly request: TokenRequest
  readonly grant: Grant
  /** When any caller last asked the token source. */
  readonly lastLook: Readonly<Moment>
  /** Requests that carried a token, second attempts among them. */
  calls: number
  /** Answers that refused the token. */
  refused: number
  /** Epoch ms at which the last call asked for its token. It is 0 before the first call. */
  lastUsed: number
}

export function noteCall(usage: Usage): void {
  usage.calls += 1
  usage.lastUsed = usage.lastLook.at
}
