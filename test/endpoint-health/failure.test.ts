import { expect, test } from 'vitest'
import { notBefore } from '../../src/endpoint-health/back-off.ts'
import { type Failure, failureAfter } from '../../src/endpoint-health/failure.ts'
import { heard, TokenClientError } from '../../src/errors.ts'
import { manualClock } from '../../src/testing/index.ts'

const second = 1000
const end = 300 * second
const refused = new TokenClientError('ERR_INVALID_CLIENT', 'x', { transient: false, status: 401 })
const busy = new TokenClientError('ERR_RATE_LIMITED', 'x', { transient: true, retryAfter: 2 * second })
const token = { usableUntil: end, endsAt: end }

/** Failures at those moments, of a key whose token is usable until 300 s. */
function failures(error: TokenClientError, ...moments: number[]): Failure {
  let last: Failure | undefined
  for (const at of moments)
    last = failureAfter(
      last,
      { error, failedAt: at, sentAt: at, usableUntil: end, hasWorked: true },
      manualClock({ random: 0 })
    )
  return last as Failure
}

test('what was refused while the token was good does not make the waits without one longer', () => {
  const early = [200, 210, 240, 297].map((at) => at * second)
  const waits = [
    [...early, end],
    [...early, end, end + 10 * second],
    [...early, end, end + 10 * second, end + 40 * second]
  ].map((moments) => notBefore(failures(refused, ...moments), token) - (moments.at(-1) ?? 0))
  expect(waits).toEqual([10 * second, 30 * second, 60 * second])
  expect(failures(refused, ...early, end)).toMatchObject({ count: 5, outageCount: 1, firstFailedAt: 200 * second })
})

test('nor do the pauses that the server asked for then', () => {
  const early = [200, 210, 240, 260, 297].map((at) => at * second)
  expect([failures(busy, ...early).pauses, failures(busy, ...early, end).pauses]).toEqual([5, 1])
  expect(failures(busy, ...early, end, end + 5 * second).pauses).toBe(2)
})

test('a failure of another instance is one failure, however often this one hears of it', () => {
  const moments = [1, 62, 123, 300, 361].map((at) => at * second)
  const told = heard(new TokenClientError('ERR_INVALID_SCOPE', 'x', { transient: false }))
  const last = failures(told, ...moments)
  expect(last).toMatchObject({ count: 1, outageCount: 1 })
  expect(notBefore(last, token) - last.failedAt).toBe(60 * second)
  expect(failures(refused, ...moments)).toMatchObject({ count: 5, outageCount: 2 })
})
