import type { Clock } from '../clock.ts'
import { TokenClientError } from '../errors.ts'
import type { Ending } from './ending.ts'
import { onAbort } from './on-abort.ts'
import type { Patience } from './patience.ts'

/**
 * Waits for a flight that several callers share, and can release this caller alone: with the signal's reason when it aborts, with
 * `timeIsUp` (`ERR_TIMEOUT` unless given) after `maxWait` ms. The flight itself continues. When every caller has left, its failure is ignored.
 */
export function leaveOnAbort<T>(
  flight: Promise<T>,
  { signal, maxWait }: Omit<Patience, 'signal'> & { readonly signal?: AbortSignal | Ending | undefined },
  clock: Clock,
  timeIsUp: () => TokenClientError = () => nothingCame({ maxWait })
): Promise<T> {
  if (signal === undefined && maxWait === undefined) return flight
  return new Promise((resolve, reject) => {
    // A caller with maxWait 0 gets no timer: a timer would let other work go first.
    const timer = maxWait ? clock.startTimer(() => leave(timeIsUp()), maxWait, 'deadline') : undefined
    // A caller waits, so the process must stay alive.
    timer?.hold()
    const stay = signal && onAbort(signal, () => leave(signal.reason))
    flight.then(resolve, reject).finally(forget)
    if (signal?.aborted) leave(signal.reason)
    else if (maxWait === 0) leave(timeIsUp())

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

export function nothingCame({ maxWait = 0 }: Patience): TokenClientError {
  const message = `No token came within ${Math.round(maxWait)} ms. Allow more time with maxWait, or call again.`
  return new TokenClientError('ERR_TIMEOUT', message, { transient: true })
}
