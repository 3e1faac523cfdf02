import type { Clock } from '../clock.ts'

export interface Deadline {
  readonly clock: Clock
  /** Milliseconds. */
  readonly timeout: number
  readonly timedOut: () => Error
  /** Each ends the work too; it is rejected with that signal's reason. */
  readonly signals: readonly (AbortSignal | undefined)[]
}

/**
 * Does the work, at most until its deadline or until a signal fires, also when the work itself takes no notice of its end.
 * The work's own signal is aborted then, so that it can stop.
 */
export async function withDeadline<T>(
  { clock, timeout, timedOut, signals }: Deadline,
  work: (signal: AbortSignal) => Promise<T>
): Promise<T> {
  const given = signals.filter((signal) => signal !== undefined)
  for (const signal of given) signal.throwIfAborted()

  const ending = new AbortController()
  const forward = (event: Event) => ending.abort((event.target as AbortSignal).reason)
  for (const signal of given) signal.addEventListener('abort', forward)
  const timer = clock.startTimer(() => ending.abort(timedOut()), timeout, 'deadline')
  try {
    return await new Promise<T>((resolve, reject) => {
      ending.signal.addEventListener('abort', () => reject(ending.signal.reason))
      work(ending.signal).then(resolve, reject)
    })
  } finally {
    timer.cancel()
    for (const signal of given) signal.removeEventListener('abort', forward)
  }
}
