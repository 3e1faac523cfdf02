import type { ErrorCode } from '../errors.ts'
import { fieldsOf, type RequestFields } from '../events.ts'
import type { Entry } from './entry.ts'
import type { Failure } from './failure.ts'
import { freshnessOf, onWallClock } from './kept-token.ts'
import type { Now } from './now.ts'

/**
 * `warming`: no token yet; `fresh`: a good one; `stale`: a good one whose refresh is overdue, or that nobody asks for;
 * `failed`: no token, and the last attempt failed.
 */
export type TokenState = 'warming' | 'fresh' | 'stale' | 'failed'

export interface TokenHealth extends RequestFields {
  readonly state: TokenState
  /** Epoch ms. */
  readonly expiresAt?: number
  /** Epoch ms at which the refresh is due. */
  readonly refreshAt?: number
  /** Epoch ms before which no token request is made. */
  readonly nextAttemptAt?: number
  /** Why the last attempt failed. */
  readonly code?: ErrorCode
}

export interface Health {
  /**
   * `idle`: nothing is wanted. The worse of `stale` and `fresh` when there are tokens at hand; without any, `warming`, or `failed`
   * when every key is. A probe is ready unless it reads `warming`, `failed` or `closed`.
   */
  readonly state: TokenState | 'idle' | 'closed'
  readonly tokens: readonly TokenHealth[]
}

/** A key whose token ended while nobody asked is no news: the next caller fetches another one. */
export function isHeldOrWanted({ kept, underway }: Entry, failure: Failure | undefined): boolean {
  return kept !== undefined || underway !== undefined || failure !== undefined
}

export function tokenHealth(
  entry: Entry,
  failure: Failure | undefined,
  barredUntil: number | undefined,
  moment: Now
): TokenHealth {
  const { request, kept } = entry
  const wait = failure === undefined ? 0 : (barredUntil ?? 0) - moment.monotonic
  return {
    ...fieldsOf(request),
    state: stateOf(entry, failure, moment),
    ...(kept && { expiresAt: kept.token.expiresAt, refreshAt: Math.ceil(onWallClock(kept, kept.dueAt)) }),
    ...(failure && { code: failure.error.code }),
    ...(wait > 0 && { nextAttemptAt: Math.ceil(moment.wall + wait) })
  }
}

function stateOf({ kept, underway }: Entry, failure: Failure | undefined, moment: Now): TokenState {
  const state = kept === undefined ? 'expired' : freshnessOf(kept, moment)
  if (state === 'expired') return failure === undefined ? 'warming' : 'failed'
  if (state === 'fresh') return 'fresh'
  const onItsWay = state === 'due' && underway !== undefined && failure === undefined
  return onItsWay ? 'fresh' : 'stale'
}

const fromWorst: readonly TokenState[] = ['stale', 'fresh', 'warming']

/** A key without a token, late or refused, does not take a service out that has others which work. */
export function overallState(tokens: readonly TokenHealth[]): Health['state'] {
  if (tokens.length === 0) return 'idle'
  return fromWorst.find((state) => tokens.some((token) => token.state === state)) ?? 'failed'
}
