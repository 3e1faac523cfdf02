import type { Clock } from '../clock.ts'
import { notBefore } from '../endpoint-health/back-off.ts'
import { TokenClientError } from '../errors.ts'

/** A failed token request of one instance. Times are in simulated ms. */
export interface Setback {
  readonly sentAt: number
  readonly failedAt: number
  /** The number of failures in a row, including this one. */
  readonly count: number
  /** When a failure first left the instance without a token. */
  readonly outageSince: number
}

const down = new TokenClientError('ERR_SERVER_ERROR', 'simulated', { transient: true, status: 503 })

/** Returns when the instance tries again, by the same rule that the token cache uses. */
export function attemptAfter(
  { sentAt, failedAt, count, outageSince }: Setback,
  usableUntil: number,
  random: Clock
): number {
  const failure = {
    error: down,
    sentAt,
    failedAt,
    count,
    firstFailedAt: outageSince,
    outageSince,
    outageCount: count,
    pauses: 0,
    hasWorked: true,
    leastWait: 0
  }
  return notBefore(
    { ...failure, jitter: random.random(), spread: random.random() },
    { usableUntil, endsAt: usableUntil }
  )
}
