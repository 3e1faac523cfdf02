import type { LastToken } from './back-off.ts'
import type { Failure } from './failure.ts'

/** A key that waits for its next request, and when the last request for it failed, if none has succeeded since. */
export interface Key extends LastToken {
  readonly failure: Pick<Failure, 'failedAt'> | undefined
}

/** Who asks first after a failure that makes all keys wait. Without turns, a busy key that always fails would take them all, and a good key would never ask. */
export interface Turns {
  /** A caller of that key was told to wait. */
  turnedAway(key: Key): void
  /** The moment at which that key may ask, if it could ask at `moment`. While other keys have waited longer, it lets them go first. */
  after(moment: number, key: Key): number
}

/** For how many milliseconds the key that failed last lets others go first. A key whose failure is older waits for a part of it. */
const courtesy = 1000

/** The turns after this failure, which is the last one in a row. */
export function turns({ firstFailedAt, failedAt }: Pick<Failure, 'firstFailedAt' | 'failedAt'>): Turns {
  let waitsSince = Number.POSITIVE_INFINITY
  return {
    turnedAway(key) {
      waitsSince = Math.min(waitsSince, lastFailureOf(key))
    },
    after(moment, key) {
      const failed = lastFailureOf(key)
      if (failed <= waitsSince) return moment
      const share = failedAt > firstFailedAt ? (failed - firstFailedAt) / (failedAt - firstFailedAt) : 1
      return moment + courtesy * Math.min(Math.max(share, 0), 1)
    }
  }
}

function lastFailureOf({ failure }: Key): number {
  return failure?.failedAt ?? Number.NEGATIVE_INFINITY
}
