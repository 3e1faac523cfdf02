import type { Clock } from '../clock.ts'
import { again, TokenClientError } from '../errors.ts'
import { leaveOnAbort } from '../http/leave-on-abort.ts'
import { pause } from '../http/pause.ts'
import type { AccessToken } from '../token/access-token.ts'
import type { Patience } from '../token/token-source.ts'
import type { Entry, Failure } from './entry.ts'
import type { FailureMemory } from './failure-memory.ts'
import type { Refresher } from './refresher.ts'

export interface ArrivalOptions {
  readonly clock: Clock
  readonly failures: FailureMemory
  readonly refreshing: Refresher
  /** Aborted when the client closes. */
  readonly closing: AbortSignal
}

/** What a caller without any token waits for. */
export type Arrival = (entry: Entry, patience: Patience) => Promise<AccessToken>

export function arrivals({ clock, failures, refreshing, closing }: ArrivalOptions): Arrival {
  function barring(entry: Entry): Failure | undefined {
    return entry.underway === undefined ? failures.barring(entry, clock.monotonicTime()) : undefined
  }

  /** The flight's token, or its error; while a failure is remembered, that failure at once. */
  async function next(entry: Entry, patience: Patience): Promise<AccessToken> {
    if (barring(entry) !== undefined) await leaveOnAbort(failures.reconsider(), patience, clock)
    const barrier = barring(entry)
    if (barrier !== undefined) throw again(barrier.error, barrier.notBefore - clock.monotonicTime())
    const { flight, arrival } = refreshing.flight(entry)
    flight.hold()
    return leaveOnAbort(arrival, patience, clock)
  }

  /** Waits through transient failures and new flights until its time is up, and then gets the last failure. */
  async function insist(entry: Entry, signal: AbortSignal | undefined, maxWait: number): Promise<AccessToken> {
    const deadline = clock.monotonicTime() + maxWait
    const left = () => Math.max(0, deadline - clock.monotonicTime())
    let last: TokenClientError | undefined
    do {
      try {
        return await next(entry, { signal, maxWait: left() })
      } catch (error) {
        const passing = error instanceof TokenClientError && error.transient
        if (!passing) throw error
        if (left() === 0) throw last ?? error
        last = error
        await pause(clock, Math.min(error.retryAfter ?? 0, left()), signal, closing)
      }
    } while (left() > 0)
    throw last
  }

  return (entry, patience) => {
    const { signal, maxWait } = patience
    return maxWait === undefined ? next(entry, patience) : insist(entry, signal, maxWait)
  }
}
