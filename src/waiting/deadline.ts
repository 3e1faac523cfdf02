import type { Clock, Timer } from '../clock.ts'
import { type ErrorCode, TokenClientError } from '../errors.ts'
import { ownMembers } from '../own-members.ts'
import type { Ending } from './ending.ts'
import { onAbort } from './on-abort.ts'

/** What a piece of work waits for. The error says so when its time is up. */
export interface Awaited {
  readonly what: string
  readonly code: Extract<ErrorCode, 'ERR_TIMEOUT' | 'ERR_SECRET_UNAVAILABLE'>
}

/** Called with what is awaited from now on, or undefined if it is nothing in particular. The code of the error is `ERR_TIMEOUT` unless another one is given. */
export type Awaits = (what: string | undefined, code?: Awaited['code']) => void

/**
 * The moment at which a piece of work ends, and what it waits for until then. It is passed down instead of a number of milliseconds, so all parts of the
 * work end at the same moment, and the error names the part that was too slow.
 */
export interface Deadline {
  readonly clock: Clock
  /** Monotonic ms. */
  readonly endsAt: number
  /** Milliseconds until the deadline. */
  left(): number
  /** Aborts with the error at that moment, or earlier if the caller leaves. */
  readonly signal: AbortSignal
  readonly awaits: Awaits
}

export interface DeadlineOptions {
  readonly clock: Clock
  /** Milliseconds. */
  readonly timeout: number
  readonly timedOut: (awaited: Awaited | undefined) => Error
  /** Each of these signals also ends the work, which is rejected with the signal's reason. */
  readonly signals: readonly (AbortSignal | Ending | undefined)[]
  /** The deadline of a caller above this one, which is told what is awaited too. */
  readonly awaits?: Awaits | undefined
  /** Somebody waits, so the process stays alive until the deadline is over. */
  readonly holds?: boolean
}

/** A deadline for work that runs elsewhere. */
export interface RunningDeadline extends Deadline {
  /** Keeps the process alive until the deadline is over, because somebody waits. */
  hold(): void
  /** Nobody waits any more. The deadline stays, and the process may end before it. */
  letGo(): void
  /** The work is done. */
  stop(): void
}

export function startDeadline(options: DeadlineOptions): RunningDeadline {
  const { clock, timeout, timedOut, signals, awaits, holds = false } = ownMembers(options)
  const ending = new AbortController()
  const endsAt = clock.monotonicTime() + timeout
  let awaited: Awaited | undefined
  const startTimer = () =>
    clock.startTimer(() => ending.abort(timedOut(awaited)), endsAt - clock.monotonicTime(), 'deadline')
  let timer: Timer | undefined = startTimer()
  if (holds) timer.hold()
  const given = signals.filter((signal) => signal !== undefined)
  const stays = given.map((signal) => onAbort(signal, () => ending.abort(signal.reason)))
  const aborted = given.find((signal) => signal.aborted)
  if (aborted !== undefined) ending.abort(aborted.reason)
  return {
    clock,
    endsAt,
    left: () => endsAt - clock.monotonicTime(),
    signal: ending.signal,
    awaits(what, code = 'ERR_TIMEOUT') {
      awaited = what === undefined ? undefined : { what, code }
      awaits?.(what, code)
    },
    hold: () => timer?.hold(),
    letGo() {
      timer?.cancel()
      timer &&= startTimer() // a timer that holds cannot stop doing so
    },
    stop() {
      timer?.cancel()
      timer = undefined
      for (const stay of stays) stay()
    }
  }
}

/**
 * Does the work until its deadline or until a signal aborts, even if the work itself ignores both.
 */
export async function withDeadline<T>(options: DeadlineOptions, work: (deadline: Deadline) => Promise<T>): Promise<T> {
  for (const signal of options.signals) signal?.throwIfAborted()
  const deadline = startDeadline(options)
  const { signal } = deadline
  try {
    return await new Promise<T>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason))
      work(deadline).then(resolve, reject)
    })
  } finally {
    deadline.stop()
  }
}

/** The error for a deadline that has passed. `within` is the beginning of its message. */
export function tooSlow(
  within: string,
  awaited: Awaited | undefined,
  further: { after?: string; cause?: unknown } = {}
) {
  const { after = '', cause } = further
  const named = awaited === undefined ? '' : `: ${awaited.what} did not arrive in time`
  const code = awaited?.code ?? 'ERR_TIMEOUT'
  return new TokenClientError(code, `${within}${named}.${after}`, { transient: true, cause })
}
