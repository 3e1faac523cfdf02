import { expect, test } from 'vitest'
import { backOff, type Setback } from '../../src/cache/back-off.ts'
import { TokenClientError } from '../../src/errors.ts'
import { manualClock } from '../../src/testing/index.ts'

const transient = (retryAfter?: number) =>
  new TokenClientError('ERR_SERVER_ERROR', 'x', { transient: true, retryAfter })
const permanent = new TokenClientError('ERR_INVALID_CLIENT', 'x', { transient: false })

function wait(setback: Partial<Setback>, random = 0.5): number {
  const whole = { error: transient(), failures: 1, outage: 0, remaining: undefined, ...setback }
  return backOff(whole, manualClock({ random }))
}

test.each([
  { failures: 1, random: 0.999, expected: 1000 },
  { failures: 4, random: 0.5, expected: 4000 },
  { failures: 4, random: 0, expected: 1000 },
  { failures: 20, random: 0.5, expected: 15_000 }
])('N4 without a token the wait after failure $failures is drawn between one second and a doubling bound', (row) => {
  expect(wait({ failures: row.failures }, row.random)).toBeCloseTo(row.expected, 0)
})

test('an outage of more than five minutes raises the bound to two minutes', () => {
  expect(wait({ failures: 20, outage: 299_999 })).toBe(15_000)
  expect(wait({ failures: 20, outage: 300_000 })).toBe(60_000)
})

test.each([
  { remaining: 8_000_000, expected: 0.75 * 500_000 },
  { remaining: 40_000_000, expected: 0.75 * 600_000 },
  { remaining: 60_000, expected: 0.75 * 5_000 },
  { remaining: 8_000, expected: 0.75 * 2_000 },
  { remaining: 1_000, expected: 1_000 }
])('N3 with $remaining ms of life left the wait follows what is left', ({ remaining, expected }) => {
  expect(wait({ remaining })).toBe(expected)
})

test.each([1, 2, 3, 4, 5, 9].map((failures, index) => [failures, [60, 120, 240, 480, 600, 600][index]]))(
  'N10 after permanent failure %i nobody asks for %i s',
  (failures, seconds) => {
    expect(wait({ error: permanent, failures: failures as number })).toBe((seconds as number) * 1000)
  }
)

test('T55 N6 Retry-After is obeyed, with a spread on top', () => {
  expect(wait({ error: transient(30_000) }, 0)).toBe(30_000)
  expect(wait({ error: transient(30_000) }, 0.5)).toBe(31_500)
})

test('T58 an absurd Retry-After is capped: five minutes without a token, else half of what is left', () => {
  expect(wait({ error: transient(1e12) }, 0)).toBe(300_000)
  expect(wait({ error: transient(1e12), remaining: 600_000 }, 0)).toBe(300_000)
  expect(wait({ error: transient(1e12), remaining: 36_000_000 }, 0)).toBe(1_800_000)
})

test('T59 Retry-After: 0 does not undercut the own wait', () => {
  expect(wait({ error: transient(0), failures: 4 })).toBe(4000)
})
