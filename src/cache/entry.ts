import type { AccessToken } from '../token/access-token.ts'
import type { TokenRequest } from '../token/token-request.ts'
import type { Failure } from './failure.ts'
import type { Flight } from './flight.ts'
import { type KeptToken, onWallClock } from './kept-token.ts'
import type { Now } from './now.ts'

/** A flight, and what its passengers get. */
export interface Underway {
  readonly flight: Flight
  readonly arrival: Promise<AccessToken>
  /** Somebody wants the authorization server to be asked, whatever others have or have met. */
  insist(): void
}

/** A failed flight of one key. */
export interface KeyFailure extends Failure {
  /** Who is to blame: it decides who waits. */
  readonly of: 'request' | 'client' | 'server'
}

/**
 * `warming`: no token yet; `fresh`: a good one; `stale`: a good one whose refresh is overdue, that was refused, or that nobody asks
 * for; `failed`: no token, and the last attempt failed.
 */
export type TokenState = 'warming' | 'fresh' | 'stale' | 'failed'

/** All that is known for one key. The functions of this file change it, and nobody else does. */
export interface Entry {
  // A warm call needs these five, which lie together in memory.
  readonly request: TokenRequest
  /** Wall ms: until then the kept token is served at a glance. */
  freshUntil: number
  /** Counts uses through the whole cache: the least is the least recently used. */
  lastUse: number
  kept: KeptToken | undefined
  /** Of the kept token, once somebody has asked for it: whoever takes tokens without a promise never needs one. */
  promise: Promise<AccessToken> | undefined
  /** Monotonic ms until which its last token could be relied on: to its end, or until it was refused. */
  usableUntil: number
  /** Monotonic ms of its last token's end, refused or not. */
  endsAt: number
  /** Milliseconds that its last token lived, from its issue to its end; whole, as are the moments, so that they take no memory of their own. */
  life: number
  underway: Underway | undefined
  /** Monotonic ms of the last flight's start; whole, so that it takes no memory of its own. */
  lastFlightAt: number | undefined
  /** Monotonic ms of the last rejection that caused a refresh. */
  rejectedAt: number | undefined
  failure: KeyFailure | undefined
  /** `lastUse` when the kept token arrived. */
  useAtRefresh: number
  /** Kept warm even when nobody asks. */
  pinned: boolean
  /** The census': as what it is counted. */
  counted: TokenState | undefined
  /** The agenda's: the monotonic moment at which the entry wants attention, and where it stands there. */
  wakeAt: number
  place: number
}

/** Before every moment, and as a small whole number it takes no memory of its own: there are thousands of entries. */
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
    place: -1
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

/** The flight has ended before it asked anybody. */
export function turnedAway(entry: Entry): void {
  entry.underway = undefined
  entry.freshUntil = atNoTime
}

export function ended(entry: Entry): void {
  entry.kept = undefined
  entry.promise = undefined
  entry.freshUntil = atNoTime
}

/** The source has told another end of the kept token: no answer lengthens a life, and an earlier end counts. Monotonic ms. */
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

/** A resource server has refused the kept token, or somebody has taken it from all. */
export function refused(entry: Entry, kept: KeptToken, origin: string | undefined, moment: number): void {
  const { refusedBy } = kept
  if (origin === undefined) kept.refusedBy = 'everybody'
  else if (refusedBy !== 'everybody') kept.refusedBy = new Set(refusedBy === 'nobody' ? [] : refusedBy).add(origin)
  entry.freshUntil = atNoTime
  entry.usableUntil = Math.min(entry.usableUntil, Math.floor(moment))
}

/** From that monotonic moment on the kept token is better replaced before use. */
export function broughtForward(entry: Entry, moment: number): void {
  const { kept } = entry
  if (kept === undefined) return
  const [dueAt, suspectAt] = [kept.dueAt, kept.suspectAt].map((at) => Math.min(at, Math.floor(moment)))
  entry.kept = { ...kept, dueAt: dueAt as number, suspectAt: suspectAt as number }
  entry.freshUntil = Math.min(entry.freshUntil, onWallClock(kept, dueAt as number))
}

/** Nothing is to be decided before that monotonic moment, or before the token wants to be waited for. */
export function restsUntil(entry: Entry, kept: KeptToken, moment: number, { wall, monotonic }: Now): void {
  if (kept.refusedBy !== 'nobody') return
  // A wall clock that was set back must not make this later.
  const clockOffset = Math.min(kept.clockOffset, wall - monotonic)
  entry.freshUntil = clockOffset + Math.min(moment, kept.suspectAt)
}

/** Something has changed for it: the next caller looks. */
export function wakes(entry: Entry): void {
  entry.freshUntil = atNoTime
}

/** Made once for a kept token, so that a caller with a warm one costs no promise. */
export function promiseOf(entry: Entry, kept: KeptToken): Promise<AccessToken> {
  entry.promise ??= Promise.resolve(kept.token) // the token itself is not looked at in a warm call
  return entry.promise
}

export function lookedAt(entry: Entry, use: number): void {
  entry.lastUse = use
}

/** A key that nobody asked for since its last refresh is let go. */
export function inUse(entry: Entry): boolean {
  return entry.pinned || entry.lastUse > entry.useAtRefresh
}
