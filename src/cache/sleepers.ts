import type { Clock } from '../clock.ts'
import { onAbort } from '../waiting/on-abort.ts'

/** Callers who wait for the next attempt, each for one key. */
export interface Sleepers {
  readonly count: number
  /** Sleeps for `ms`, or until something has happened to its key. Rejects with the reason of the first signal that aborts. */
  sleep(key: object, ms: number, ...signals: AbortSignal[]): Promise<void>
  wake(key: object): void
  wakeAll(): void
}

export function sleepers(clock: Clock): Sleepers {
  let count = 0
  const asleep = new Map<object, Set<() => void>>()

  function wake(key: object): void {
    for (const rise of asleep.get(key) ?? []) rise()
  }

  return {
    get count() {
      return count
    },
    sleep(key, ms, ...signals) {
      return new Promise((resolve, reject) => {
        const bed = asleep.get(key) ?? new Set()
        const timer = clock.startTimer(rise, ms)
        const stays = signals.map((signal) => onAbort(signal, () => leave(() => reject(signal.reason))))
        asleep.set(key, bed.add(rise))
        count += 1
        const aborted = signals.find((signal) => signal.aborted)
        if (aborted !== undefined) leave(() => reject(aborted.reason))

        function rise(): void {
          leave(resolve)
        }
        function leave(end: () => void): void {
          timer.cancel()
          for (const stay of stays) stay()
          if (bed.delete(rise)) count -= 1
          if (bed.size === 0 && asleep.get(key) === bed) asleep.delete(key)
          end()
        }
      })
    },
    wake,
    wakeAll() {
      for (const key of [...asleep.keys()]) wake(key)
    }
  }
}
