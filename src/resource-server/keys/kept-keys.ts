import type { Clock } from '../../clock.ts'
import { TokenClientError } from '../../errors.ts'
import { leaveOnAbort } from '../../waiting/leave-on-abort.ts'
import type { KeySet } from './key-set.ts'

const minute = 60_000
/** After this time the keys are fetched again, while the current keys stay in use. */
const renewAfter = 8 * minute
/** After this a call waits for the ones that are being fetched. */
const freshFor = 10 * minute
/** How long a call waits. After that the current keys stay in use, because the issuer does not answer. */
const longestWait = 1000
/** After a fetch that failed. */
const pauseAfterFailure = 5000

export interface KeptKeysOptions {
  /** The keys as they are published now; those that stayed are the same objects as `before`. */
  fetch(before: KeySet | undefined): Promise<KeySet>
  readonly clock: Clock
  /** Milliseconds since they were fetched for which keys serve while the issuer does not answer. */
  readonly staleFor: number
  /** Keys of an earlier process, and how old they are. */
  readonly saved?: { readonly set: KeySet; readonly age: number } | undefined
}

/** The issuer's published keys, kept: fetched by one flight for all who wait, and served on while the issuer is away. */
export interface KeptKeys {
  /** Rejects with `ERR_KEYS_UNAVAILABLE` only when there are none that may still be used. */
  current(): KeySet | Promise<KeySet>
  /** To be waited for when the keys are older than they should be. Never rejects. */
  upkeep(): Promise<void> | undefined
  /** The newly fetched keys, or undefined if they cannot be fetched. */
  latest(): Promise<KeySet | undefined>
  /** The current keys, and their age in milliseconds. */
  held(): { readonly set: KeySet; readonly age: number } | undefined
}

interface Held {
  readonly set: KeySet
  readonly fetchedAt: number
}

interface Flight {
  readonly landed: Promise<KeySet>
  readonly startedAt: number
}

export function keptKeys({ fetch, clock, staleFor, saved }: KeptKeysOptions): KeptKeys {
  let held: Held | undefined = saved && { set: saved.set, fetchedAt: clock.monotonicTime() - saved.age }
  let flight: Flight | undefined
  let failure: { readonly cause: unknown; readonly until: number } | undefined

  function fetched(): Promise<KeySet> {
    const wait = pause()
    if (wait > 0) return Promise.reject(unavailable(failure?.cause, wait))
    flight ??= { landed: fetchNow(), startedAt: clock.monotonicTime() }
    return flight.landed
  }

  async function fetchNow(): Promise<KeySet> {
    try {
      const set = await fetch(held?.set)
      held = { set, fetchedAt: clock.monotonicTime() }
      failure = undefined
      return set
    } catch (cause) {
      failure = { cause, until: clock.monotonicTime() + pauseAfterFailure }
      throw unavailable(cause, pauseAfterFailure)
    } finally {
      flight = undefined
    }
  }

  /** Milliseconds that are left of the pause after a failure. */
  function pause(): number {
    return failure === undefined ? 0 : failure.until - clock.monotonicTime()
  }

  function age(): number {
    return held === undefined ? 0 : clock.monotonicTime() - held.fetchedAt
  }

  function upkeep(): Promise<void> | undefined {
    if (age() < renewAfter) return undefined
    if (age() >= Math.max(freshFor, staleFor)) {
      held = undefined
      return undefined
    }
    // A failure is remembered in the flight, and the kept keys serve.
    if (flight === undefined && pause() <= 0) fetched().catch(() => {})
    if (flight === undefined || age() < freshFor) return undefined
    const maxWait = flight.startedAt + longestWait - clock.monotonicTime()
    if (maxWait <= 0) return undefined
    return leaveOnAbort(flight.landed, { maxWait }, clock).then(
      () => {},
      () => {}
    )
  }

  return {
    upkeep,
    current() {
      const waiting = upkeep()
      if (waiting === undefined) return held?.set ?? fetched()
      return waiting.then(() => held?.set ?? fetched())
    },
    latest: () => fetched().catch(() => undefined),
    held: () => held && { set: held.set, age: age() }
  }
}

function unavailable(cause: unknown, retryAfter: number): TokenClientError {
  const message = 'The keys of the issuer are not available, so no token can be verified. See the cause.'
  // What only a change of the configuration can cure is no reason to try again.
  const transient = !(cause instanceof TokenClientError) || cause.transient
  return new TokenClientError('ERR_KEYS_UNAVAILABLE', message, { transient, ...(transient && { retryAfter }), cause })
}
