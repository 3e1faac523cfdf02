import type { TokenClientError } from '../../src/errors.ts'

// The back-off law of the documents, written down a second time and from them, not from the code that keeps it.

const second = 1000
const minute = 60 * second

export interface Interval {
  readonly least: number
  readonly most: number
}

export interface Situation {
  readonly error: TokenClientError
  /** Failed flights in a row, this one included. */
  readonly failures: number
  /** Milliseconds since the first of them. */
  readonly outage: number
  /** Milliseconds that the token in hand still lives; undefined without a usable one. */
  readonly remaining: number | undefined
}

/** For how long nobody may start another flight. */
export function lawfulWait(situation: Situation): Interval {
  const { error, remaining } = situation
  const own = error.transient ? transientWait(situation) : permanentWait(situation.failures)
  if (error.retryAfter === undefined) return own
  const longest = remaining === undefined ? 5 * minute : Math.min(remaining / 2, 30 * minute)
  const asked = Math.min(error.retryAfter, longest)
  return { least: Math.max(own.least, asked), most: Math.max(own.most, asked) + asked / 10 }
}

function transientWait({ failures, outage, remaining }: Situation): Interval {
  if (remaining === undefined) return { least: second, most: Math.max(second, ceilingWithoutToken(failures, outage)) }
  const share = Math.min(Math.max(remaining / 16, Math.min(5 * second, remaining / 4)), 10 * minute)
  return { least: Math.max(second, share / 2), most: Math.max(second, share) }
}

/** Full jitter: a draw between nothing and this. */
export function ceilingWithoutToken(failures: number, outage: number): number {
  return Math.min(outage < 5 * minute ? 30 * second : 2 * minute, (second / 2) * 2 ** failures)
}

function permanentWait(failures: number): Interval {
  const wait = Math.min(minute * 2 ** (failures - 1), 10 * minute)
  return { least: wait, most: wait }
}
