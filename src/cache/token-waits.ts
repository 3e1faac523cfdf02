import type { Clock } from '../clock.ts'
import { again, TokenClientError } from '../errors.ts'
import type { AccessToken } from '../token/access-token.ts'
import type { TokenRequest } from '../token/token-request.ts'
import type { Ending } from '../waiting/ending.ts'
import { leaveOnAbort, nothingCame } from '../waiting/leave-on-abort.ts'
import type { Patience } from '../waiting/patience.ts'
import { type Callers, tooManyWaiting } from './callers.ts'
import type { Entries } from './entries.ts'
import { type Entry, promiseOf } from './entry.ts'
import type { Barrier, FailureMemory } from './failure-memory.ts'
import { gapBetweenFlights, type Refresher } from './refresher.ts'
import type { Sleepers } from './sleepers.ts'

export interface TokenWaitsOptions {
  readonly clock: Clock
  /** How many milliseconds a caller waits by default. */
  readonly timeout: number
  readonly entries: Entries
  readonly failures: FailureMemory
  readonly refresher: Refresher
  readonly sleepers: Sleepers
  readonly callers: Callers
  /** How many callers may wait at the same time. */
  readonly maxWaiting: number
  /** Aborted when the client closes. */
  readonly closing: Ending
}

/** What a caller waits for if there is no token. */
export class TokenWaits {
  readonly #cache: TokenWaitsOptions

  constructor(options: TokenWaitsOptions) {
    this.#cache = options
  }

  /**
   * `leavesAt` is the monotonic moment at which a caller without a limit of its own leaves. It has already waited for the replacement of a
   * token that has expired since.
   */
  waitFor(request: TokenRequest, patience: Patience, leavesAt?: number): Promise<AccessToken> {
    const { callers, sleepers, maxWaiting } = this.#cache
    if (callers.count + sleepers.count >= maxWaiting) return Promise.reject(tooManyWaiting(maxWaiting))
    return patience.maxWait === undefined ? this.#next(request, patience, leavesAt) : this.#insist(request, patience)
  }

  /** The token or the error of the flight. While a failure is remembered, it is that failure, at once. */
  #next(request: TokenRequest, patience: Patience, leavesAt?: number): Promise<AccessToken> {
    const { clock, entries } = this.#cache
    const entry = entries.of(request) // Looked up each time, because the entry of a caller that waits long may have been evicted.
    // Or the flight of another caller has landed.
    const { kept } = entry
    if (kept !== undefined && clock.monotonicTime() < kept.endsAt) return promiseOf(entry, kept)
    if (this.#barring(entry) !== undefined) return this.#reconsider(entry, patience, leavesAt)
    return this.#join(entry, patience, leavesAt)
  }

  /** Waits through transient failures and new flights until its time is up, and then gets the last failure. */
  async #insist(request: TokenRequest, patience: Patience): Promise<AccessToken> {
    const { clock, entries, sleepers, closing } = this.#cache
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
          await sleepers.sleep(entries.of(request), retryAfter, leaving.signal, closing)
        }
      }
    }

    try {
      return await leaveOnAbort(goOn(), patience, clock, () => (last ? this.#remembered(last) : nothingCame(patience)))
    } finally {
      leaving.abort()
    }
  }

  async #reconsider(entry: Entry, patience: Patience, leavesAt?: number): Promise<AccessToken> {
    const { clock, failures, closing } = this.#cache
    await leaveOnAbort(failures.reconsider(), patience, clock)
    closing.throwIfAborted()
    const barrier = this.#barring(entry)
    if (barrier !== undefined) throw this.#remembered(barrier)
    return this.#join(entry, patience, leavesAt)
  }

  /** A flight can last longer than a caller has to wait, because a refresh in the background is not in a hurry. Few callers need a timer for that. */
  #join(entry: Entry, patience: Patience, leavesAt?: number): Promise<AccessToken> {
    const { clock, timeout, refresher, callers } = this.#cache
    const underway = refresher.flight(entry)
    const moment = clock.monotonicTime()
    const isInTime = underway.flight.endsAt <= (leavesAt ?? moment + timeout + gapBetweenFlights)
    if (isInTime || patience.maxWait !== undefined) return callers.join(underway, patience)
    const maxWait = leavesAt === undefined ? timeout : Math.max(0, leavesAt - moment)
    return callers.join(underway, { signal: patience.signal, maxWait }, () => nothingCame({ maxWait: timeout }))
  }

  #barring(entry: Entry): Barrier | undefined {
    const { clock, failures } = this.#cache
    return entry.underway === undefined ? failures.barring(entry, clock.monotonicTime(), true) : undefined
  }

  #remembered({ error, notBefore }: Barrier): TokenClientError {
    return again(error, Math.max(0, notBefore - this.#cache.clock.monotonicTime()))
  }
}
