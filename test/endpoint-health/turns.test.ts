import { expect, test } from 'vitest'
import { type Key, turns } from '../../src/endpoint-health/turns.ts'

const second = 1000
const never = Number.NEGATIVE_INFINITY

/** A key without a token, whose last request failed at that moment. */
function key(failedAt?: number): Key {
  return { usableUntil: never, endsAt: never, failure: failedAt === undefined ? undefined : { failedAt: failedAt } }
}

test('no key lets others go first if no other was turned away', () => {
  const next = turns({ firstFailedAt: 0, failedAt: 10 * second })
  const [last, early] = [key(10 * second), key(0)]
  expect(next.after(second, last)).toBe(second)
  next.turnedAway(last)
  expect([next.after(second, last), next.after(second, early)]).toEqual([second, second])
})

test('the later a key has failed, the longer it lets others go first, a second at most', () => {
  const next = turns({ firstFailedAt: 0, failedAt: 10 * second })
  next.turnedAway(key(0))
  expect([0, 5, 10, 99].map((at) => next.after(0, key(at * second)))).toEqual([0, 500, 1000, 1000])
})

test('a key that has not failed goes before all that have, whether it asks again or not', () => {
  const next = turns({ firstFailedAt: 5 * second, failedAt: 5 * second })
  next.turnedAway(key())
  expect([key(), key(5 * second)].map((one) => next.after(0, one))).toEqual([0, 1000])
})

test('a key that was well longer than the trouble lasts goes first of those that have failed', () => {
  const next = turns({ firstFailedAt: 5 * second, failedAt: 10 * second })
  next.turnedAway(key())
  expect([2, 5, 10].map((at) => next.after(0, key(at * second)))).toEqual([0, 0, 1000])
})
