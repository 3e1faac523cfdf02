import { type Clock, uniform } from '../clock.ts'
import { TokenClientError } from '../errors.ts'
import { pause } from './pause.ts'

export interface RetryTerms {
  readonly clock: Clock
  readonly budget: RetryBudget
  /** Monotonic ms: no pause is begun that would not end before it. */
  readonly deadline: number
  /** Only a flight that somebody waits for gets a second and a third attempt. */
  readonly awaited: () => boolean
  readonly signal: AbortSignal
}

/** Second and third attempts are paid for here, so that an outage is not answered with three times the load. */
export interface RetryBudget {
  take(): boolean
  /** Any success fills it again. */
  refill(): void
}

const budgetSize = 10
const budgetRefillEvery = 10_000

export function retryBudget(clock: Clock): RetryBudget {
  let left = budgetSize
  let countedAt = clock.monotonicTime()
  return {
    take() {
      const now = clock.monotonicTime()
      const earned = Math.floor((now - countedAt) / budgetRefillEvery)
      left = Math.min(budgetSize, left + earned)
      countedAt += earned * budgetRefillEvery
      if (left === 0) return false
      left -= 1
      return true
    },
    refill() {
      left = budgetSize
    }
  }
}

const pauses: readonly { readonly least: number; readonly most: number }[] = [
  { least: 100, most: 500 },
  { least: 200, most: 1000 }
]

/**
 * Up to three attempts for transient failures, with pauses in between. Besides these, and once, a connection that broke
 * before the first byte is repeated at once: a pooled connection can be dead before anybody knows.
 */
export async function withRetries<T>(
  attempt: (count: number) => Promise<T>,
  { clock, budget, deadline, awaited, signal }: RetryTerms
): Promise<T> {
  const first = attempt(1)
  try {
    return await first
  } catch {
    // What is to be done about it, the lines below decide: nothing more is loaded where the first attempt succeeds.
  }
  const { default: pRetry } = await import('p-retry')
  let repeated = false

  return pRetry((count) => (count === 1 ? first : attempt(count)), {
    retries: pauses.length,
    // It counts and decides; the waiting is ours, because its timer is not the clock that tests hold.
    minTimeout: 0,
    signal,
    shouldConsumeRetry: ({ error }) => repeated || !brokeBeforeFirstByte(error),
    async shouldRetry({ error, retriesConsumed }) {
      if (!repeated && brokeBeforeFirstByte(error)) {
        repeated = true
        return true
      }
      const range = pauses[retriesConsumed]
      if (range === undefined || !isTransient(error) || !awaited()) return false

      const wait = Math.max(uniform(clock, range.least, range.most), error.retryAfter ?? 0)
      if (clock.monotonicTime() + wait >= deadline || !budget.take()) return false

      await pause(clock, wait, signal)
      return clock.monotonicTime() < deadline // a process that stood still wakes from it too late
    }
  })
}

function isTransient(error: Error): error is TokenClientError {
  return error instanceof TokenClientError && error.transient
}

function brokeBeforeFirstByte(error: Error): boolean {
  return error instanceof TokenClientError && error.code === 'ERR_CONNECTION_RESET'
}
