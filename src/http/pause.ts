import type { Clock } from '../clock.ts'

/**
 * Lets `ms` pass, or rejects with the reason of the first signal that aborts.
 * Somebody waits for it, so it keeps the process alive.
 */
export function pause(clock: Clock, ms: number, ...signals: (AbortSignal | undefined)[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = clock.startTimer(() => settle(resolve), ms)
    timer.hold()

    function settle(end: () => void): void {
      timer.cancel()
      for (const signal of signals) signal?.removeEventListener('abort', leave)
      end()
    }

    function leave(event: Event): void {
      settle(() => reject((event.target as AbortSignal).reason))
    }

    for (const signal of signals) {
      if (signal?.aborted) return settle(() => reject(signal.reason))
      signal?.addEventListener('abort', leave)
    }
  })
}
