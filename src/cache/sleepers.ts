import type { Clock } from '../clock.ts'
import type { Ending } from '../waiting/ending.ts'
import { onAbort } from '../waiting/on-abort.ts'

/** Callers that wait for the next attempt, each for one key. */
export class Sleepers {
  /** How many they are. */
  count = 0
  readonly #clock: Clock
  /** What wakes the sleepers of each key. It is created when the first caller waits. */
  #byKey: Map<object, Set<() => void>> | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Waits for `ms`, or until something has happened to its key. Rejects with the reason of the first signal that aborts. */
  sleep(key: object, ms: number, ...signals: (AbortSignal | Ending)[]): Promise<void> {
    this.#byKey ??= new Map()
    const byKey = this.#byKey
    return new Promise((resolve, reject) => {
      const sleepers = byKey.get(key) ?? new Set()
      const end = (settle: () => void) => {
        timer.cancel()
        for (const stopListening of listening) stopListening()
        if (sleepers.delete(wake)) this.count -= 1
        if (sleepers.size === 0 && byKey.get(key) === sleepers) byKey.delete(key)
        settle()
      }
      const wake = () => end(resolve)
      const timer = this.#clock.startTimer(wake, ms)
      const listening = signals.map((signal) => onAbort(signal, () => end(() => reject(signal.reason))))
      byKey.set(key, sleepers.add(wake))
      this.count += 1
      const aborted = signals.find((signal) => signal.aborted)
      if (aborted !== undefined) end(() => reject(aborted.reason))
    })
  }

  countFor(key: object): number {
    return this.#byKey?.get(key)?.size ?? 0
  }

  wake(key: object): void {
    for (const wake of this.#byKey?.get(key) ?? []) wake()
  }

  wakeAll(): void {
    for (const key of [...(this.#byKey?.keys() ?? [])]) this.wake(key)
  }
}
