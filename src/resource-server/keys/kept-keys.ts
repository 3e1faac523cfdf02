import type { Clock } from '../../clock.ts'
import { TokenClientError } from '../../errors.ts'
import type { KeySet } from './key-set.ts'

const minute = 60_000
/** After this the keys are fetched again, while the old ones serve. */
const freshFor = 10 * minute
/** For so long they serve when the issuer cannot be asked. */
const usableFor = 24 * 60 * minute
/** Between two fetches for the sake of a key that is not there. */
const coolDown = minute / 2
/** After a fetch that failed. */
const pauseAfterFailure = 5000

/** A set of keys as it was fetched. */
export interface KeyDocument {
  readonly text: string
  readonly keys: KeySet
}

/** The issuer's published keys, kept: fetched by one flight for all who wait, and served on while the issuer is away. */
export interface KeptKeys {
  /** Another one whenever the document changed, or may no longer be used. */
  generation(): number
  /** Rejects with `ERR_KEYS_UNAVAILABLE` only when there are none that may still be used. */
  current(): Promise<KeySet>
  /** The keys fetched anew; undefined when they are too young to be fetched again, or cannot be. */
  latest(): Promise<KeySet | undefined>
}

export function keptKeys(fetchDocument: () => Promise<KeyDocument>, clock: Clock): KeptKeys {
  let held: (KeyDocument & { readonly fetchedAt: number }) | undefined
  let flight: Promise<KeySet> | undefined
  let failure: { readonly cause: unknown; readonly until: number } | undefined
  let generation = 0

  function age(): number {
    return held === undefined ? Number.POSITIVE_INFINITY : clock.monotonicTime() - held.fetchedAt
  }

  function fetched(): Promise<KeySet> {
    flight ??= fetchNow().finally(() => {
      flight = undefined
    })
    return flight
  }

  async function fetchNow(): Promise<KeySet> {
    const wait = (failure?.until ?? 0) - clock.monotonicTime()
    if (failure !== undefined && wait > 0) throw unavailable(failure.cause, wait)
    try {
      const document = await fetchDocument()
      if (document.text !== held?.text) generation++
      held = { ...document, fetchedAt: clock.monotonicTime() }
      failure = undefined
      return held.keys
    } catch (cause) {
      failure = { cause, until: clock.monotonicTime() + pauseAfterFailure }
      throw unavailable(cause, pauseAfterFailure)
    }
  }

  function keepUp(): void {
    if (held === undefined) return
    // The failure is remembered there, and the kept keys serve.
    if (age() >= freshFor) fetched().catch(() => {})
    if (age() < usableFor) return
    held = undefined
    generation++
  }

  return {
    generation() {
      keepUp()
      return generation
    },
    async current() {
      keepUp()
      return held?.keys ?? fetched()
    },
    async latest() {
      if (flight === undefined && age() < coolDown) return undefined
      return fetched().catch(() => undefined)
    }
  }
}

function unavailable(cause: unknown, retryAfter: number): TokenClientError {
  const message = 'The keys of the issuer cannot be had, so no token can be verified. See the cause.'
  return new TokenClientError('ERR_KEYS_UNAVAILABLE', message, { transient: true, retryAfter, cause })
}
