import { notBefore } from '../cache/back-off.ts'
import type { Clock } from '../clock.ts'
import { TokenClientError } from '../errors.ts'

/** Moments are simulated ms. */
export interface Setback {
  readonly sentAt: number
  readonly at: number
  /** Failures in a row, this one included. */
  readonly count: number
  /** When the first of them failed that left the instance without a token. */
  readonly outageSince: number
}

const down = new TokenClientError('ERR_SERVER_ERROR', 'simulated', { transient: true, status: 503 })

/** When the instance asks again, by the law of the cache. */
export function attemptAfter({ sentAt, at, count, outageSince }: Setback, usableUntil: number, random: Clock): number {
  const failure = {
    error: down,
    sentAt,
    at,
    count,
    since: outageSince,
    outageSince,
    pauses: 0,
    hasWorked: true,
    least: 0
  }
  return notBefore(
    { ...failure, jitter: random.random(), spread: random.random() },
    { usableUntil, endsAt: usableUntil }
  )
}
