import { describe, expect, test } from 'vitest'
import { lifeLeft } from '../../src/cache/kept-token.ts'
import { AccessToken } from '../../src/token/access-token.ts'

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const wallStart = Date.UTC(2030, 0, 1)
const whole = hour

interface Course {
  /** The age of the token in ms when its request was sent. */
  readonly age?: number
  /** Milliseconds between sending and landing, by the monotonic clock. */
  readonly took?: number
  /** How many ms the wall clock went further than the monotonic clock meanwhile. */
  readonly step?: number
  /** By how much the clock of whoever got the token runs ahead of this one. */
  readonly ahead?: number
}

/** When a token of an hour counts from, and until when, in ms after its request was sent. */
function counted({ age = 0, took = 0, step = 0, ahead = 0 }: Course) {
  const sentAt = { monotonic: 5000, wall: wallStart }
  const landedAt = { monotonic: 5000 + took, wall: wallStart + took + step }
  const obtainedAt = wallStart - age + ahead
  const token = new AccessToken({ value: 'v', scope: [], obtainedAt, expiresAt: obtainedAt + whole })
  const { startsAt, life } = lifeLeft({ token, sentAt, landedAt })
  return { from: startsAt - 5000, until: startsAt - 5000 + life }
}

describe('the life of a token that has just been issued', () => {
  test('counts from before its request was sent, however long the answer took', () => {
    expect(counted({})).toEqual({ from: 0, until: whole })
    expect(counted({ took: 8 * second })).toEqual({ from: 0, until: whole })
  })

  test('does not grow with a wall clock that was set back meanwhile', () => {
    expect(counted({ took: second, step: -10 * minute })).toEqual({ from: 0, until: whole })
  })

  test('is what a wall clock that was set forward says: the machine may have slept', () => {
    expect(counted({ took: second, step: 10 * minute })).toEqual({ from: 0, until: whole - 10 * minute })
  })

  test('is counted by the sending while the two clocks differ by less than a tenth of a second', () => {
    expect(counted({ took: second, step: 99 })).toEqual({ from: 0, until: whole })
    expect(counted({ took: second, step: 100 })).toEqual({ from: 0, until: whole - 100 })
  })
})

describe('the life of a token that comes from a store', () => {
  test('is what is left of it', () => {
    expect(counted({ age: 50 * minute })).toEqual({ from: 0, until: 10 * minute })
  })

  test('is shorter when the wall clock was set forward while the store answered, and no longer when it was set back', () => {
    expect(counted({ age: 50 * minute, took: second, step: 4 * minute }).until).toBe(6 * minute)
    expect(counted({ age: 50 * minute, took: second, step: -4 * minute }).until).toBe(10 * minute)
  })

  test('is never more than a whole life from its landing, however far the other clock runs ahead', () => {
    expect(counted({ took: second, ahead: 5 * hour })).toEqual({ from: second, until: whole + second })
  })

  test('can be over: nothing is left of a token whose end has passed', () => {
    const { from, until } = counted({ age: 2 * hour })
    expect(until).toBeLessThanOrEqual(from)
  })
})
