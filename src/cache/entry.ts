import type { TokenClientError } from '../errors.ts'
import type { AccessToken } from '../token/access-token.ts'
import type { TokenRequest } from '../token/token-request.ts'
import type { Flight } from './flight.ts'
import type { KeptToken } from './kept-token.ts'

/** A failed flight, remembered. Monotonic ms. */
export interface Failure {
  readonly error: TokenClientError
  /** Failed flights in a row. */
  readonly count: number
  /** When the first of them failed. */
  readonly since: number
  /** Nobody starts another flight before. */
  readonly notBefore: number
}

/** A flight, and what its passengers get. */
export interface Underway {
  readonly flight: Flight
  readonly arrival: Promise<AccessToken>
}

/** All that is known for one key. */
export interface Entry {
  readonly request: TokenRequest
  kept: KeptToken | undefined
  /** Wall ms: until then the kept token is served at a glance. */
  freshUntil: number
  underway: Underway | undefined
  /** Monotonic ms of the last flight's start; whole, so that it takes no memory of its own. */
  lastFlightAt: number | undefined
  /** Monotonic ms of the last rejection that caused a refresh. */
  rejectedAt: number | undefined
  failure: Failure | undefined
  /** Counts uses through the whole cache: the least is the least recently used. */
  lastUse: number
  /** `lastUse` when the kept token arrived. */
  useAtRefresh: number
  /** Kept warm even when nobody asks. */
  pinned: boolean
}

export function newEntry(request: TokenRequest): Entry {
  return {
    request,
    kept: undefined,
    freshUntil: Number.NEGATIVE_INFINITY,
    underway: undefined,
    lastFlightAt: undefined,
    rejectedAt: undefined,
    failure: undefined,
    lastUse: 0,
    useAtRefresh: 0,
    pinned: false
  }
}

/** A key that nobody asked for since its last refresh is let go. */
export function inUse(entry: Entry): boolean {
  return entry.pinned || entry.lastUse > entry.useAtRefresh
}
