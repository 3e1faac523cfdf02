import type { Failure } from '../endpoint-health/failure.ts'
import type { ErrorCode } from '../errors.ts'
import type { RequestFields } from '../events.ts'
import type { Entry, TokenState } from './entry.ts'
import { freshnessOf, onWallClock } from './kept-token.ts'
import type { Now } from './now.ts'

export type { TokenState } from './entry.ts'

export interface TokenHealth extends RequestFields {
  readonly state: TokenState
  /** Epoch ms. */
  readonly expiresAt?: number
  /** Epoch ms at which the refresh is due. */
  readonly refreshAt?: number
  /** Epoch ms at which the request for the last token was sent, whether that has expired or not. */
  readonly refreshedAt?: number
  /** Epoch ms. The client makes no token request before that. Missing while one is under way. */
  readonly nextAttemptAt?: number
  /** Why the last attempt failed. */
  readonly code?: ErrorCode
  /** Attempts that have failed in a row, and the epoch ms of the first of them. */
  readonly failures?: number
  readonly failingSince?: number
  /** The origins whose resource servers have refused the current token, or `everybody` after `invalidate()`. */
  readonly rejectedBy?: readonly string[] | 'everybody'
  /** The number of callers that wait for it. */
  readonly waiting?: number
}

export type ClientState = TokenState | 'idle' | 'closed'

export interface Health {
  /**
   * `idle` if no token is needed. With tokens it is `stale` if one of them is, and otherwise `fresh`. Without a token it is `failed` if every
   * key has failed, and otherwise `warming`. A probe should report "not ready" for `warming`, `failed` and `closed`.
   */
  readonly state: ClientState
  readonly tokens: readonly TokenHealth[]
  /** The number of callers that wait for a token. */
  readonly waiting: number
}

/** A key whose token expired while nobody asked is left out, because the next caller will fetch another one. */
export function isHeldOrWanted({ kept, underway }: Entry, failure: Failure | undefined): boolean {
  return kept !== undefined || underway !== undefined || failure !== undefined
}

type Writable<T> = { -readonly [Name in keyof T]: T[Name] }

/** Written field by field, because there can be ten thousand entries and a probe must not wait. */
export function tokenHealth(
  { request, kept, underway, life, endsAt }: Entry,
  state: TokenState,
  failure: Failure | undefined,
  barredUntil: number,
  sleeping: number,
  moment: Now
): TokenHealth {
  const { scope, audience, resource } = request
  const health: Writable<TokenHealth> = { scope, resource, state }
  if (audience !== undefined) health.audience = audience
  if (kept !== undefined) {
    health.expiresAt = kept.token.expiresAt
    health.refreshAt = Math.ceil(onWallClock(kept, kept.dueAt))
    health.refreshedAt = kept.token.obtainedAt
    if (kept.refusedBy !== 'nobody')
      health.rejectedBy = kept.refusedBy === 'everybody' ? 'everybody' : [...kept.refusedBy]
  } else if (life > 0) health.refreshedAt = ago(moment, endsAt - life)
  if (failure !== undefined) {
    health.code = failure.error.code
    health.failures = failure.count
    health.failingSince = ago(moment, failure.firstFailedAt)
    if (underway === undefined && barredUntil > moment.monotonic)
      health.nextAttemptAt = Math.ceil(moment.wall + barredUntil - moment.monotonic)
  }
  const waiting = (underway?.flight.waiting ?? 0) + sleeping
  if (waiting > 0) health.waiting = waiting
  return health
}

/** A monotonic moment that is over, in epoch ms by the wall clock of now. */
function ago({ wall, monotonic }: Now, moment: number): number {
  return Math.floor(wall - (monotonic - moment))
}

export function stateOf(entry: Entry, failure: Failure | undefined, moment: Now): TokenState {
  const { kept, underway } = entry
  const state = kept === undefined ? 'expired' : freshnessOf(kept, moment)
  if (state === 'expired') return failure === undefined ? 'warming' : 'failed'
  if (kept?.refusedBy !== 'nobody') return 'stale'
  if (state === 'fresh') return 'fresh'
  const onItsWay = state === 'due' && underway !== undefined && failure === undefined
  return onItsWay ? 'fresh' : 'stale'
}
