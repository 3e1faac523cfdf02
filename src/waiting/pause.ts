import type { Clock } from '../clock.ts'
import { onAbort } from './on-abort.ts'

/** Waits for `ms` milliseconds, or rejects with the reason of the first signal that aborts. It keeps the process alive. */
export function pause(clock: Clock, ms: number, ...signals: (AbortSignal | undefined)[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const given = signals.filter((signal) => signal !== undefined)
    const aborted = given.find((signal) => signal.aborted)
    if (aborted !== undefined) return reject(aborted.reason)

    const timer = clock.startTimer(() => settle(resolve), ms)
    const stays = given.map((signal) => onAbort(signal, () => settle(() => reject(signal.reason))))

    function settle(end: () => void): void {
      timer.cancel()
      for (const stay of stays) stay()
      end()
    }
  })
}
