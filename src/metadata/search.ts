import type { Clock, Timer } from '../clock.ts'

export interface Search<Found> {
  /** In the order to ask. */
  readonly places: readonly string[]
  readonly clock: Clock
  /** Milliseconds for all places together. */
  readonly timeout: number
  ask(place: string, limit: { readonly timeout: number; readonly signal: AbortSignal }): Promise<Found>
  /** Whether no other place is asked after this failure. */
  isFinal(failure: unknown): boolean
}

/**
 * Asks one place after the other until one has what is looked for. A place that fails, or has kept us waiting for its share of the
 * time, does not stop the search: the next one is asked, and the slow one may still win.
 * Rejects with the failure that ended it.
 */
export function search<Found>({ places, clock, timeout, ask, isFinal }: Search<Found>): Promise<Found> {
  const endsAt = clock.monotonicTime() + timeout
  const ending = new AbortController()
  let asked = 0
  let open = 0
  let nextTurn: Timer | undefined

  return new Promise((resolve, reject) => {
    function askNext(): void {
      nextTurn?.cancel()
      const place = places[asked]
      if (place === undefined || ending.signal.aborted) return
      const left = endsAt - clock.monotonicTime()
      const share = left / (places.length - asked)
      asked += 1
      open += 1
      if (asked < places.length) nextTurn = clock.startTimer(askNext, share, 'deadline')
      ask(place, { timeout: left, signal: ending.signal }).then((found) => end(() => resolve(found)), failed)
    }

    function failed(failure: unknown): void {
      open -= 1
      if (isFinal(failure)) end(() => reject(failure))
      else if (asked < places.length) askNext()
      else if (open === 0) end(() => reject(failure))
    }

    function end(settle: () => void): void {
      nextTurn?.cancel()
      ending.abort()
      settle()
    }

    askNext()
  })
}
