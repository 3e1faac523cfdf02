import type { Clock } from '../clock.ts'
import { TokenClientError } from '../errors.ts'
import { load } from '../load.ts'
import { pause } from './pause.ts'
import type { RetryBudget } from './retry-budget.ts'

export interface RetryTerms {
  readonly clock: Clock
  readonly budget: RetryBudget
  /** Monotonic ms. A pause that would end later is not started. */
  readonly endsAt: number
  /** Milliseconds before the next attempt, or undefined if there is no further attempt. */
  readonly pauseBefore: (retry: number, error: TokenClientError) => number | undefined
  /** Whether another attempt still makes sense, after the pause or at once. */
  readonly mayGoOn: () => boolean | Promise<boolean>
  readonly signal: AbortSignal
}

const mostRetries = 2

/** Milliseconds for one attempt, so that there is time for a second one. */
export function timeOfAttempt(timeout: number): number {
  return timeout / 2
}

/**
 * Repeats an attempt after a transient failure, as often as `pauseBefore` says, up to three attempts in total. In addition, if a
 * connection broke before the first byte, the attempt is repeated once without a pause, because a pooled connection can be dead without
 * anybody knowing.
 */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  { clock, budget, endsAt, pauseBefore, mayGoOn, signal }: RetryTerms
): Promise<T> {
  const first = attempt()
  try {
    return await first
  } catch {
    // The lines below decide what to do. p-retry is not loaded when the first attempt succeeds.
  }
  const pRetry = await loadRetry()
  if (pRetry === undefined) return first
  let repeated = false

  return pRetry((count) => (count === 1 ? first : attempt()), {
    retries: mostRetries,
    // p-retry counts and decides. We wait ourselves, because its timer is not the clock that tests control.
    minTimeout: 0,
    signal,
    shouldConsumeRetry: ({ error }) => repeated || !brokeBeforeFirstByte(error),
    async shouldRetry({ error, retriesConsumed }) {
      if (!repeated && brokeBeforeFirstByte(error)) {
        repeated = true
        return mayGoOn()
      }
      const wait = isTransient(error) && retriesConsumed < mostRetries ? pauseBefore(retriesConsumed, error) : undefined
      if (wait === undefined || clock.monotonicTime() + wait >= endsAt || !budget.take()) return false

      await pause(clock, wait, signal)
      // A process that was suspended can wake up after the deadline.
      return clock.monotonicTime() < endsAt && (await mayGoOn()) && clock.monotonicTime() < endsAt
    }
  })
}

/** Undefined if it cannot be loaded. Then the attempt is not repeated and its own error is reported. */
async function loadRetry(): Promise<typeof import('p-retry').default | undefined> {
  try {
    return (await load('p-retry', () => import('p-retry'))).default
  } catch {
    return undefined
  }
}

function isTransient(error: Error): error is TokenClientError {
  return error instanceof TokenClientError && error.transient
}

function brokeBeforeFirstByte(error: Error): boolean {
  return error instanceof TokenClientError && error.code === 'ERR_CONNECTION_RESET'
}
