import type { Clock } from '../clock.ts'
import { again, TokenClientError } from '../errors.ts'
import type { AccessToken } from '../token/access-token.ts'
import type { TokenRequest } from '../token/token-request.ts'
import { leaveOnAbort, nothingCame } from '../waiting/leave-on-abort.ts'
import type { Patience } from '../waiting/patience.ts'
import { type Callers, tooManyWaiting } from './callers.ts'
import type { Entries } from './entries.ts'
import { type Entry, promiseOf } from './entry.ts'
import type { Barrier, FailureMemory } from './failure-memory.ts'
import type { Refresher } from './refresher.ts'
import type { Sleepers } from './sleepers.ts'

export interface ArrivalOptions {
  readonly clock: Clock
  /** Milliseconds that a caller waits who says nothing else. */
  readonly timeout: number
  readonly entries: Entries
  readonly failures: FailureMemory
  readonly refreshing: Refresher
  readonly sleeping: Sleepers
  readonly waiting: Callers
  /** Callers that may wait at a time. */
  readonly maxWaiting: number
  /** Aborted when the client closes. */
  readonly closing: AbortSignal
}

/** The first attempt of a flight can have to wait so long. Milliseconds. */
const gapBetweenFlights = 1000

/** What a caller without any token waits for. */
export interface Arrivals {
  /**
   * `leavesAt`: the monotonic moment by which it leaves that gave no limit of its own; it has waited already for a token to be
   * replaced that has ended since.
   */
  arrive(request: TokenRequest, patience: Patience, leavesAt?: number): Promise<AccessToken>
}

export function arrivals(options: ArrivalOptions): Arrivals {
  return new Waiters(options)
}

class Waiters implements Arrivals {
  readonly #cache: ArrivalOptions

  constructor(options: ArrivalOptions) {
    this.#cache = options
  }

  arrive(request: TokenRequest, patience: Patience, leavesAt?: number): Promise<AccessToken> {
    const { waiting, sleeping, maxWaiting } = this.#cache
    if (waiting.waiting + sleeping.count >= maxWaiting) return Promise.reject(tooManyWaiting(maxWaiting))
    return patience.maxWait === undefined ? this.#next(request, patience, leavesAt) : this.#insist(request, patience)
  }

  #barring(entry: Entry): Barrier | undefined {
    const { clock, failures } = this.#cache
    return entry.underway === undefined ? failures.barring(entry, clock.monotonicTime(), true) : undefined
  }

  /** A flight can end later than a caller is asked to wait: a refresh in the background takes its time. Few callers need a timer for it. */
  #aboard(entry: Entry, patience: Patience, leavesAt?: number): Promise<AccessToken> {
    const { clock, timeout, refreshing, waiting } = this.#cache
    const underway = refreshing.flight(entry)
    const moment = clock.monotonicTime()
    const isInTime = underway.flight.deadline <= (leavesAt ?? moment + timeout + gapBetweenFlights)
    if (isInTime || patience.maxWait !== undefined) return waiting.board(underway, patience)
    const maxWait = leavesAt === undefined ? timeout : Math.max(0, leavesAt - moment)
    return waiting.board(underway, { signal: patience.signal, maxWait }, () => nothingCame({ maxWait: timeout }))
  }

  #remembered({ error, notBefore }: Barrier): TokenClientError {
    return again(error, Math.max(0, notBefore - this.#cache.clock.monotonicTime()))
  }

  /** The flight's token, or its error; while a failure is remembered, that failure at once. */
  #next(request: TokenRequest, patience: Patience, leavesAt?: number): Promise<AccessToken> {
    const { clock, entries } = this.#cache
    const entry = entries.of(request) // Asked anew each time: who waits long may have been pushed out meanwhile.
    // Or somebody else's flight has landed.
    const { kept } = entry
    if (kept !== undefined && clock.monotonicTime() < kept.endsAt) return promiseOf(entry, kept)
    if (this.#barring(entry) !== undefined) return this.#reconsider(entry, patience, leavesAt)
    return this.#aboard(entry, patience, leavesAt)
  }

  async #reconsider(entry: Entry, patience: Patience, leavesAt?: number): Promise<AccessToken> {
    const { clock, failures, closing } = this.#cache
    await leaveOnAbort(failures.reconsider(), patience, clock)
    closing.throwIfAborted()
    const barrier = this.#barring(entry)
    if (barrier !== undefined) throw this.#remembered(barrier)
    return this.#aboard(entry, patience, leavesAt)
  }

  /** Waits through transient failures and new flights until its time is up, and then gets the last failure. */
  async #insist(request: TokenRequest, patience: Patience): Promise<AccessToken> {
    const { clock, entries, sleeping, closing } = this.#cache
    const leaving = new AbortController()
    let last: Barrier | undefined = this.#barring(entries.of(request))

    const goOn = async (): Promise<AccessToken> => {
      for (;;) {
        try {
          return await this.#next(request, { signal: leaving.signal, maxWait: undefined })
        } catch (error) {
          if (!(error instanceof TokenClientError && error.transient)) throw error
          const { retryAfter = 0 } = error
          last = { error, notBefore: clock.monotonicTime() + retryAfter }
          await sleeping.sleep(entries.of(request), retryAfter, leaving.signal, closing)
        }
      }
    }

    try {
      return await leaveOnAbort(goOn(), patience, clock, () => (last ? this.#remembered(last) : nothingCame(patience)))
    } finally {
      leaving.abort()
    }
  }
}
