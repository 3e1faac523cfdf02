import type { Clock } from '../clock.ts'
import { TokenClientError } from '../errors.ts'
import type { Patience } from '../token/token-source.ts'
import { onAbort } from './on-abort.ts'

/**
 * Waits for a flight that others share, and lets this one waiter go: with the signal's reason when it aborts, with
 * `ERR_TIMEOUT` after `maxWait` ms. The flight itself flies on and, left by everybody, fails in silence.
 */
export function leaveOnAbort<T>(flight: Promise<T>, { signal, maxWait }: Patience, clock: Clock): Promise<T> {
  if (signal === undefined && maxWait === undefined) return flight
  // Who waits for nothing gets no timer, which would let other work go first.
  if (maxWait === 0) return Promise.reject(timedOut(maxWait))
  return new Promise((resolve, reject) => {
    const timer = maxWait === undefined ? undefined : clock.startTimer(() => leave(timedOut(maxWait)), maxWait)
    // Somebody waits: the process must not end under them.
    timer?.hold()
    const stay = signal && onAbort(signal, abort)
    flight.then(resolve, reject).finally(forget)
    if (signal?.aborted) abort()

    function abort(): void {
      leave(signal?.reason)
    }
    function leave(reason: unknown): void {
      forget()
      reject(reason)
    }
    function forget(): void {
      timer?.cancel()
      stay?.()
    }
  })
}

function timedOut(maxWait: number): TokenClientError {
  const message = `Nothing came within ${maxWait} ms. Allow more time with maxWait, or call again.`
  return new TokenClientError('ERR_TIMEOUT', message, { transient: true })
}
