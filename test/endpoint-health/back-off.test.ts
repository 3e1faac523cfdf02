import { expect, test } from 'vitest'
import { notBefore, pauseBeforeRetry } from '../../src/endpoint-health/back-off.ts'
import { type Failure, failureAfter } from '../../src/endpoint-health/failure.ts'
import { type ErrorCode, TokenClientError } from '../../src/errors.ts'
import { manualClock } from '../../src/testing/index.ts'

const second = 1000
const minute = 60 * second
const down = new TokenClientError('ERR_SERVER_ERROR', 'x', { transient: true, status: 503 })
const asking = (retryAfter: number) => new TokenClientError('ERR_RATE_LIMITED', 'x', { transient: true, retryAfter })
const refusal = (code: ErrorCode) => new TokenClientError(code, 'x', { transient: false, status: 400 })

function failure(given: Partial<Failure>): Failure {
  const first = {
    error: down,
    failedAt: 0,
    count: 1,
    firstFailedAt: 0,
    outageSince: undefined,
    outageCount: 0,
    pauses: 0,
    hasWorked: true,
    leastWait: 0
  }
  return { ...first, sentAt: given.failedAt ?? 0, jitter: 0.5, spread: 0.5, ...given }
}

/** The wait in ms after the failure, if this much of the token's life is left; 0 means no token. */
function wait(given: Partial<Failure>, remaining = 0, mayBreakPause = true): number {
  const known = failure(given)
  const end = remaining === 0 ? Number.NEGATIVE_INFINITY : known.failedAt + remaining
  return notBefore(known, { usableUntil: end, endsAt: end }, mayBreakPause) - known.failedAt
}

test.each([
  { outage: 0, jitter: 0, expected: second },
  { outage: 0, jitter: 0.999, expected: 2 * second },
  { outage: minute, jitter: 0, expected: 3 * second },
  { outage: minute, jitter: 0.999, expected: 6 * second },
  { outage: 10 * minute, jitter: 0, expected: 10 * second },
  { outage: 10 * minute, jitter: 0.999, expected: 20 * second }
])('N4 without a token the wait follows the outage: $outage ms, drawn at $jitter', ({ outage, jitter, expected }) => {
  expect(wait({ failedAt: outage, outageSince: 0, jitter })).toBeCloseTo(expected, -2)
})

test.each([
  { remaining: 8_000_000, expected: 0.75 * 500_000 },
  { remaining: 40_000_000, expected: 0.75 * 600_000 },
  { remaining: 60_000, expected: 0.75 * 5_000 },
  { remaining: 8_000, expected: 0.75 * 2_000 },
  { remaining: 1_500, expected: 1_000 },
  { remaining: 700, expected: 700 }
])('N3 with $remaining ms of life left the wait follows what is left', ({ remaining, expected }) => {
  expect(wait({}, remaining)).toBe(expected)
})

test.each([1, 2, 3, 4, 5, 9].map((count, index) => [count, [60, 120, 240, 480, 600, 600][index]]))(
  'N10 after permanent failure %i nobody asks for %i s',
  (count, seconds) => {
    const expected = (seconds as number) * second
    expect(wait({ error: refusal('ERR_INVALID_SCOPE'), outageCount: count as number })).toBe(expected)
    expect(wait({ error: refusal('ERR_INVALID_CLIENT'), outageCount: count as number, hasWorked: false })).toBe(
      expected
    )
  }
)

test.each([1, 2, 3, 4, 5, 9].map((count, index) => [count, [10, 30, 60, 120, 240, 600][index]]))(
  'N10 a credential that has worked is tried again after refusal %i when %i s are over',
  (count, seconds) => {
    expect(wait({ error: refusal('ERR_INVALID_CLIENT'), outageCount: count as number })).toBe(
      (seconds as number) * second
    )
  }
)

test.each([refusal('ERR_INVALID_SCOPE'), refusal('ERR_INVALID_CLIENT'), refusal('ERR_ENDPOINT_NOT_FOUND')])(
  'no wait reaches past the end of the token: $code',
  (error) => {
    for (const [remaining, least, most] of [
      [22 * second, 19.8 * second, 21 * second],
      [9 * second, 8 * second, 8 * second],
      [second / 2, second / 2, second / 2]
    ] as const)
      for (const jitter of [0, 0.5, 0.999]) {
        expect(wait({ error, count: 5, jitter }, remaining)).toBeGreaterThanOrEqual(least)
        expect(wait({ error, count: 5, jitter }, remaining)).toBeLessThanOrEqual(most)
      }
  }
)

test('a refused token is treated like none for the waits, and its end stays the same', () => {
  const [at, token] = [minute, { usableUntil: 0, endsAt: minute + 20 * second }]
  expect(notBefore(failure({ failedAt: at, outageSince: at }), token) - at).toBe(1500)
  expect(notBefore(failure({ failedAt: at, error: refusal('ERR_INVALID_SCOPE') }), token) - at).toBeLessThan(
    20 * second
  )
})

test('T55 N6 Retry-After is obeyed, and the more often it is said, the further behind it the spread', () => {
  expect(wait({ error: asking(2000), pauses: 1, spread: 0 })).toBe(2000)
  expect(wait({ error: asking(2000), pauses: 1 })).toBe(3000)
  expect(wait({ error: asking(2000), pauses: 4 })).toBe(2000 + 8000)
  expect(wait({ error: asking(2000), pauses: 30 })).toBe(2000 + 64_000)
  expect(wait({ error: asking(minute), pauses: 30 })).toBe(minute + 150_000)
})

test('T58 an absurd Retry-After is capped at five minutes', () => {
  expect(wait({ error: asking(1e12), pauses: 1, spread: 0 })).toBe(5 * minute)
  expect(wait({ error: asking(1e12), pauses: 1, spread: 0 }, 60 * minute)).toBe(5 * minute)
})

test('T55 a pause of up to a minute is obeyed past the end of a token; its spread is not', () => {
  expect(wait({ error: asking(minute), pauses: 1, spread: 0 }, 30 * second)).toBe(minute)
  expect(wait({ error: asking(10 * second), pauses: 5, spread: 0.999 }, 30 * second)).toBeLessThan(30 * second)
})

test('T58 a pause of more than a minute is broken once, at the end of a token', () => {
  expect(wait({ error: asking(2 * minute), pauses: 1 }, 30 * second)).toBe(30 * second)
  expect(wait({ error: asking(2 * minute), pauses: 1 }, 30 * second, false)).toBe(3 * minute)
})

test('T59 Retry-After: 0 does not undercut the own wait', () => {
  expect(wait({ error: asking(0) })).toBe(1500)
})

test('T51 T66 what says 403 or fails in TLS and has never worked is left alone for a while', () => {
  const clock = manualClock()
  const after = (code: ErrorCode, hasWorked: boolean) => {
    const error = new TokenClientError(code, 'x', { transient: true, status: 403 })
    return failureAfter(undefined, { error, failedAt: 0, sentAt: 0, usableUntil: -1, hasWorked }, clock)
  }
  const codes: ErrorCode[] = ['ERR_UNEXPECTED_STATUS', 'ERR_TLS_ERROR']
  expect(codes.map((code) => wait(after(code, false)))).toEqual([minute, 30 * second])
  expect(codes.map((code) => wait(after(code, true)))).toEqual([1500, 1500])
  expect(wait(after('ERR_UNEXPECTED_STATUS', false), 20 * second)).toBeLessThan(20 * second)
})

test('a flight tries again after a moment, and after the pause when the server asks for one', () => {
  const clock = manualClock({ random: 0.5 })
  expect([0, 1].map((retry) => pauseBeforeRetry(retry, failure({}), clock))).toEqual([300, 600])
  expect(pauseBeforeRetry(0, failure({ error: asking(2000), pauses: 1 }), clock)).toBe(3000)
})

test('the attempt at the end of a token is free once, also on a clock that does not move', () => {
  const end = minute
  const token = { usableUntil: end, endsAt: end }
  for (const error of [down, refusal('ERR_INVALID_SCOPE'), asking(2 * minute)]) {
    expect(notBefore(failure({ error, pauses: 1, sentAt: end - 1, failedAt: end }), token)).toBe(end)
    expect(notBefore(failure({ error, pauses: 1, sentAt: end - 1, failedAt: end + 40 }), token)).toBe(end + 40)
    expect(notBefore(failure({ error, pauses: 1, sentAt: end, failedAt: end }), token)).toBeGreaterThan(end + second)
  }
})
