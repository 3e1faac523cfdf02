import type { Clock } from '../clock.ts'
import type { Ending } from '../waiting/ending.ts'
import { onAbort } from '../waiting/on-abort.ts'

/** Callers that wait for the next attempt, each for one key. */
export interface Sleepers {
  readonly count: number
  /** Waits for `ms`, or until something has happened to its key. Rejects with the reason of the first signal that aborts. */
  sleep(key: object, ms: number, ...signals: (AbortSignal | Ending)[]): Promise<void>
  wake(key: object): void
  wakeAll(): void
}

export function sleepers(clock: Clock): Sleepers {
  return new Beds(clock)
}

class Beds implements Sleepers {
  count = 0
  readonly #clock: Clock
  /** Created when the first caller waits. */
  #asleep: Map<object, Set<() => void>> | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  sleep(key: object, ms: number, ...signals: (AbortSignal | Ending)[]): Promise<void> {
    this.#asleep ??= new Map()
    const asleep = this.#asleep
    return new Promise((resolve, reject) => {
      const bed = asleep.get(key) ?? new Set()
      const leave = (end: () => void) => {
        timer.cancel()
        for (const stay of stays) stay()
        if (bed.delete(rise)) this.count -= 1
        if (bed.size === 0 && asleep.get(key) === bed) asleep.delete(key)
        end()
      }
      const rise = () => leave(resolve)
      const timer = this.#clock.startTimer(rise, ms)
      const stays = signals.map((signal) => onAbort(signal, () => leave(() => reject(signal.reason))))
      asleep.set(key, bed.add(rise))
      this.count += 1
      const aborted = signals.find((signal) => signal.aborted)
      if (aborted !== undefined) leave(() => reject(aborted.reason))
    })
  }

  wake(key: object): void {
    for (const rise of this.#asleep?.get(key) ?? []) rise()
  }

  wakeAll(): void {
    for (const key of [...(this.#asleep?.keys() ?? [])]) this.wake(key)
  }
}
