import type { Clock } from '../clock.ts'
import type { AccessToken } from '../token/access-token.ts'
import type { Asking } from '../token/token-source.ts'
import type { Ending } from '../waiting/ending.ts'
import type { Callers } from './callers.ts'
import { type Entry, restsUntil } from './entry.ts'
import { freshnessOf, type KeptToken } from './kept-token.ts'
import { type Now, now } from './now.ts'
import type { Refresher } from './refresher.ts'
import type { TokenWaits } from './token-waits.ts'

export interface OldTokenFirstOptions {
  readonly clock: Clock
  /** How many milliseconds a caller waits by default. */
  readonly timeout: number
  readonly refresher: Refresher
  readonly tokenWaits: TokenWaits
  readonly callers: Callers
  /** How many callers may wait at the same time. */
  readonly maxWaiting: number
  /** The token has expired. */
  readonly upkeep: { expire(entry: Entry, kept: KeptToken): void }
  /** Aborted when the client closes. */
  readonly closing: Ending
}

/** For how many milliseconds a request for the next token is certainly not allowed yet. */
const gapBetweenLooks = 1000
/** How many milliseconds a caller with a token waits for a better one, from the start of the flight. */
const longestWaitForBetter = 2000

/** A token with this many milliseconds left is still good for a call. */
const enoughForCall = 1000

/** Decides what a caller gets: the old token first. */
export class OldTokenFirst {
  readonly #cache: OldTokenFirstOptions

  constructor(options: OldTokenFirstOptions) {
    this.#cache = options
  }

  /** For `leavesAt` see `TokenWaits`. */
  serve(entry: Entry, asking: Asking, leavesAt?: number): AccessToken | Promise<AccessToken> {
    const { clock, tokenWaits, upkeep } = this.#cache
    const moment = now(clock)
    const { kept } = entry
    if (kept === undefined) return tokenWaits.waitFor(entry.request, asking, leavesAt)
    switch (freshnessOf(kept, moment, asking.origin)) {
      case 'expired':
        upkeep.expire(entry, kept)
        return tokenWaits.waitFor(entry.request, asking, leavesAt)
      case 'suspect': // a new one if it comes soon, else this one
        return this.#soon(entry, kept, asking, leavesAt)
      case 'due': // it still works: nobody waits for its successor
        this.#seeTo(entry, kept, moment)
        return kept.token
      case 'fresh':
        return kept.token
    }
  }

  /** While the next token is under way there is nothing to decide. */
  #seeTo(entry: Entry, kept: KeptToken, moment: Now): void {
    const isOnItsWay = this.#cache.refresher.refreshInBackground(entry) !== undefined
    restsUntil(entry, kept, isOnItsWay ? kept.suspectAt : moment.monotonic + gapBetweenLooks, moment)
  }

  #soon(
    entry: Entry,
    kept: KeptToken,
    { signal, maxWait, origin }: Asking,
    leavesAt?: number
  ): AccessToken | Promise<AccessToken> {
    const { clock, timeout, refresher, callers, maxWaiting, closing } = this.#cache
    const underway =
      kept.refusedBy === 'nobody' ? refresher.refreshInBackground(entry) : refresher.flightUnlessBarred(entry)
    if (underway === undefined) return kept.token
    const began = clock.monotonicTime()
    const endsAt = leavesAt ?? began + (maxWait ?? timeout)
    const wait = Math.min(endsAt, underway.flight.startedAt + longestWaitForBetter, usefulUntil(kept, began)) - began
    if (wait <= 0 || callers.count >= maxWaiting) return kept.token

    return callers.join(underway, { signal, maxWait: wait }).catch((error) => {
      if (signal?.aborted || closing.aborted) throw error
      // The flight failed or was slow, so we decide again with what is known now.
      const left = maxWait === undefined ? undefined : Math.max(0, endsAt - clock.monotonicTime())
      return this.serve(entry, { signal, maxWait: left, origin }, endsAt)
    })
  }
}

/** Until then a caller can still take this token. With less time left it waits for the next one. */
function usefulUntil({ refusedBy, endsAt }: KeptToken, moment: number): number {
  const until = endsAt - enoughForCall
  return refusedBy === 'nobody' && moment <= until ? until : Number.POSITIVE_INFINITY
}
