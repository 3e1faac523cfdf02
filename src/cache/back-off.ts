import { type Clock, uniform } from '../clock.ts'
import type { TokenClientError } from '../errors.ts'

const second = 1000
const minute = 60 * second

/** What the next attempt depends on. Milliseconds. */
export interface Setback {
  readonly error: TokenClientError
  /** Failed flights in a row, this one included. */
  readonly failures: number
  /** Since the first of them. */
  readonly outage: number
  /** What is left of a usable token's life; undefined when there is none. */
  readonly remaining: number | undefined
}

/** How long nobody starts another flight. */
export function backOff(setback: Setback, clock: Clock): number {
  const own = setback.error.transient ? transientWait(setback, clock) : permanentWait(setback)
  const { retryAfter } = setback.error
  if (retryAfter === undefined) return own

  const asked = Math.min(retryAfter, longestObedience(setback.remaining))
  // The spread keeps a fleet that was sent away together from coming back together.
  return Math.max(own, asked) + uniform(clock, 0, 0.1) * asked
}

function transientWait({ failures, outage, remaining }: Setback, clock: Clock): number {
  if (remaining !== undefined) return Math.max(second, uniform(clock, 0.5, 1) * shareOfRemaining(remaining))
  const cap = outage < 5 * minute ? 30 * second : 2 * minute
  return Math.max(second, uniform(clock, 0, 1) * Math.min(cap, 0.5 * second * 2 ** failures))
}

/** While the token works, slow recovery costs nothing: the rate follows the life that is left. */
function shareOfRemaining(remaining: number): number {
  const least = Math.min(5 * second, remaining / 4)
  return Math.min(Math.max(remaining / 16, least), 10 * minute)
}

function permanentWait({ failures }: Setback): number {
  return Math.min(minute * 2 ** (failures - 1), 10 * minute)
}

function longestObedience(remaining: number | undefined): number {
  return remaining === undefined ? 5 * minute : Math.min(remaining / 2, 30 * minute)
}
