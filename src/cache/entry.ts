import type { Failure } from '../endpoint-health/failure.ts'
import type { AccessToken } from '../token/access-token.ts'
import type { TokenRequest } from '../token/token-request.ts'
import type { Flight } from './flight.ts'
import { type KeptToken, onWallClock } from './kept-token.ts'
import type { Now } from './now.ts'

/** A flight, and the promise for its callers. */
export interface Underway {
  readonly flight: Flight
  readonly arrival: Promise<AccessToken>
  /** An operator insists that the authorization server is asked, whatever other instances have. */
  insist(): void
}

/** A failed flight of one key. */
export interface KeyFailure extends Failure {
  /** What the failure concerns. This decides which callers wait. */
  readonly of: 'request' | 'client' | 'server'
}

/**
 * `warming`: there is no token yet. `fresh`: there is a good token. `stale`: there is a good token, but its refresh is overdue, it was refused, or nobody asks
 * for it. `failed`: there is no token, and the last attempt failed.
 */
export type TokenState = 'warming' | 'fresh' | 'stale' | 'failed'

/** Everything that is known about one key. Only the functions of this file change it. */
export interface Entry {
  // A warm call needs these five, which lie together in memory.
  readonly request: TokenRequest
  /** Wall ms. Until then the kept token is returned without any further check. */
  freshUntil: number
  /** A count of uses in the whole cache. The entry with the smallest number is the least recently used. */
  lastUse: number
  kept: KeptToken | undefined
  /** A promise of the kept token, created when a caller first needs one. Callers that take tokens without a promise never do. */
  promise: Promise<AccessToken> | undefined
  /** Monotonic ms until which its last token was usable: its end, or the moment when it was refused. */
  usableUntil: number
  /** Monotonic ms of its last token's end, refused or not. */
  endsAt: number
  /** How many milliseconds its last token lived, from its issue to its end. This and the moments are whole numbers, so they need no memory of their own. */
  life: number
  underway: Underway | undefined
  /** Monotonic ms of the start of the last flight. It is a whole number, so it needs no memory of its own. */
  lastFlightAt: number | undefined
  /** Monotonic ms of the last rejection that caused a refresh. */
  rejectedAt: number | undefined
  failure: KeyFailure | undefined
  /** `lastUse` when the kept token arrived. */
  useAtRefresh: number
  /** Refreshed even if nobody asks for it. */
  pinned: boolean
  /** For the census: the state as which it is counted. */
  counted: TokenState | undefined
  /** For the queue of the upkeep: the monotonic moment at which the entry needs attention, and its index there. */
  wakeAt: number
  queueIndex: number
}

/** Earlier than every moment. A small whole number needs no memory of its own, and there are thousands of entries. */
const atNoTime = -(2 ** 31)

export function newEntry(request: TokenRequest): Entry {
  return {
    request,
    freshUntil: atNoTime,
    lastUse: 0,
    kept: undefined,
    promise: undefined,
    usableUntil: atNoTime,
    endsAt: atNoTime,
    life: 0,
    underway: undefined,
    lastFlightAt: undefined,
    rejectedAt: undefined,
    failure: undefined,
    useAtRefresh: 0,
    pinned: false,
    counted: undefined,
    wakeAt: atNoTime,
    queueIndex: -1
  }
}

export function tookOff(entry: Entry, underway: Underway): void {
  entry.underway = underway
}

export function landed(entry: Entry, kept: KeptToken): void {
  entry.underway = undefined
  entry.kept = kept
  entry.promise = undefined
  entry.freshUntil = onWallClock(kept, kept.dueAt)
  entry.usableUntil = kept.endsAt
  entry.endsAt = kept.endsAt
  entry.life = Math.floor(kept.token.expiresAt - kept.token.obtainedAt)
  entry.useAtRefresh = entry.lastUse
  entry.failure = undefined
}

export function failed(entry: Entry, failure: KeyFailure): void {
  entry.underway = undefined
  entry.failure = failure
  entry.freshUntil = atNoTime
}

/** The flight has ended before it sent a request. */
export function turnedAway(entry: Entry): void {
  entry.underway = undefined
  entry.freshUntil = atNoTime
}

export function ended(entry: Entry): void {
  entry.kept = undefined
  entry.promise = undefined
  entry.freshUntil = atNoTime
}

/** The source has reported another end of the kept token, in monotonic ms. An earlier end replaces the known one, and a later one does not. */
export function endsBy(entry: Entry, { authorization }: AccessToken, moment: number): void {
  const { kept } = entry
  if (kept?.token.authorization !== authorization) return
  const endsAt = Math.min(kept.endsAt, Math.ceil(moment))
  const [dueAt, suspectAt] = [Math.min(kept.dueAt, endsAt), Math.min(kept.suspectAt, endsAt)]
  entry.kept = { ...kept, dueAt, suspectAt, endsAt }
  entry.usableUntil = Math.min(entry.usableUntil, endsAt)
  entry.endsAt = endsAt
  entry.freshUntil = Math.min(entry.freshUntil, onWallClock(kept, dueAt))
}

/** A resource server has refused the kept token, or it was invalidated for everybody. */
export function refused(entry: Entry, kept: KeptToken, origin: string | undefined, moment: number): void {
  const { refusedBy } = kept
  if (origin === undefined) kept.refusedBy = 'everybody'
  else if (refusedBy !== 'everybody') kept.refusedBy = new Set(refusedBy === 'nobody' ? [] : refusedBy).add(origin)
  entry.freshUntil = atNoTime
  entry.usableUntil = Math.min(entry.usableUntil, Math.floor(moment))
}

/** From that monotonic moment on the kept token should be replaced before use. */
export function broughtForward(entry: Entry, moment: number): void {
  const { kept } = entry
  if (kept === undefined) return
  const [dueAt, suspectAt] = [kept.dueAt, kept.suspectAt].map((at) => Math.min(at, Math.floor(moment)))
  entry.kept = { ...kept, dueAt: dueAt as number, suspectAt: suspectAt as number }
  entry.freshUntil = Math.min(entry.freshUntil, onWallClock(kept, dueAt as number))
}

/** Nothing has to be decided before that monotonic moment, or before callers have to wait for another token. */
export function restsUntil(entry: Entry, kept: KeptToken, moment: number, { wall, monotonic }: Now): void {
  if (kept.refusedBy !== 'nobody') return
  // A wall clock that was set back must not make this later.
  const clockOffset = Math.min(kept.clockOffset, wall - monotonic)
  entry.freshUntil = clockOffset + Math.min(moment, kept.suspectAt)
}

/** Something has changed, so the next caller has to check the entry. */
export function wakes(entry: Entry): void {
  entry.freshUntil = atNoTime
}

/** Created once for a kept token, so that callers with a warm token need no new promise. */
export function promiseOf(entry: Entry, kept: KeptToken): Promise<AccessToken> {
  entry.promise ??= Promise.resolve(kept.token) // the token itself is not looked at in a warm call
  return entry.promise
}

export function lookedAt(entry: Entry, use: number): void {
  entry.lastUse = use
}

/** A key that nobody has asked for since its last refresh is not refreshed again. */
export function inUse(entry: Entry): boolean {
  return entry.pinned || entry.lastUse > entry.useAtRefresh
}
