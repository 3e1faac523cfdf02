import type { Clock } from '../../clock.ts'
import { TokenClientError } from '../../errors.ts'
import { leaveOnAbort } from '../../waiting/leave-on-abort.ts'
import type { KeySet } from './key-set.ts'

const minute = 60_000
/** After this time the keys are fetched again, while the current keys stay in use. */
const renewAfter = 8 * minute
/** After this time a call waits for the new keys. */
const freshFor = 10 * minute
/** How long a call waits. After that the current keys stay in use, because the issuer does not answer. */
const longestWait = 1000
/** How long to wait after a failed fetch before the next one. */
const pauseAfterFailure = 5000

export interface KeptKeysOptions {
  /** Fetches the published keys. A key that was in `before` must stay the same object. */
  fetch(before: KeySet | undefined): Promise<KeySet>
  readonly clock: Clock
  /** How many milliseconds after they were fetched keys stay in use while the issuer does not answer. */
  readonly staleFor: number
  /** The keys of an earlier process and their age in milliseconds. */
  readonly saved?: { readonly set: KeySet; readonly age: number } | undefined
}

interface Held {
  readonly set: KeySet
  readonly fetchedAt: number
}

interface Flight {
  readonly landed: Promise<KeySet>
  readonly startedAt: number
}

/** Caches the issuer's published keys. All callers share one fetch, and the cached keys stay in use while the issuer is down. */
export class KeptKeys {
  readonly #options: KeptKeysOptions
  #held: Held | undefined
  #flight: Flight | undefined
  #failure: { readonly cause: unknown; readonly until: number } | undefined

  constructor(options: KeptKeysOptions) {
    const { clock, saved } = options
    this.#options = options
    this.#held = saved && { set: saved.set, fetchedAt: clock.monotonicTime() - saved.age }
  }

  /** Returns the keys. It rejects with `ERR_KEYS_UNAVAILABLE` only if there are none that may still be used. */
  current(): KeySet | Promise<KeySet> {
    const waiting = this.upkeep()
    if (waiting === undefined) return this.#held?.set ?? this.#fetched()
    return waiting.then(() => this.#held?.set ?? this.#fetched())
  }

  /** Returns a promise to wait for if the keys are too old. It never rejects. */
  upkeep(): Promise<void> | undefined {
    const { clock, staleFor } = this.#options
    const age = this.#age()
    if (age < renewAfter) return undefined
    if (age >= Math.max(freshFor, staleFor)) {
      this.#held = undefined
      return undefined
    }
    // The failure is stored by the fetch itself, and the cached keys stay in use.
    if (this.#flight === undefined && this.#pause() <= 0) this.#fetched().catch(() => {})
    const flight = this.#flight
    if (flight === undefined || age < freshFor) return undefined
    const maxWait = flight.startedAt + longestWait - clock.monotonicTime()
    if (maxWait <= 0) return undefined
    return leaveOnAbort(flight.landed, { maxWait }, clock).then(
      () => {},
      () => {}
    )
  }

  /** The newly fetched keys, or undefined if they cannot be fetched. */
  latest(): Promise<KeySet | undefined> {
    return this.#fetched().catch(() => undefined)
  }

  /** The current keys, and their age in milliseconds. */
  held(): { readonly set: KeySet; readonly age: number } | undefined {
    return this.#held && { set: this.#held.set, age: this.#age() }
  }

  #fetched(): Promise<KeySet> {
    const wait = this.#pause()
    if (wait > 0) return Promise.reject(unavailable(this.#failure?.cause, wait))
    this.#flight ??= { landed: this.#fetchNow(), startedAt: this.#options.clock.monotonicTime() }
    return this.#flight.landed
  }

  async #fetchNow(): Promise<KeySet> {
    const { fetch, clock } = this.#options
    try {
      const set = await fetch(this.#held?.set)
      this.#held = { set, fetchedAt: clock.monotonicTime() }
      this.#failure = undefined
      return set
    } catch (cause) {
      this.#failure = { cause, until: clock.monotonicTime() + pauseAfterFailure }
      throw unavailable(cause, pauseAfterFailure)
    } finally {
      this.#flight = undefined
    }
  }

  /** Returns how many milliseconds of the pause after a failure are left. */
  #pause(): number {
    return this.#failure === undefined ? 0 : this.#failure.until - this.#options.clock.monotonicTime()
  }

  #age(): number {
    return this.#held === undefined ? 0 : this.#options.clock.monotonicTime() - this.#held.fetchedAt
  }
}

function unavailable(cause: unknown, retryAfter: number): TokenClientError {
  const message = 'The keys of the issuer are not available, so no token can be verified. See the cause.'
  // If only a change of the configuration can help, the error is not transient.
  const transient = !(cause instanceof TokenClientError) || cause.transient
  return new TokenClientError('ERR_KEYS_UNAVAILABLE', message, { transient, ...(transient && { retryAfter }), cause })
}
