import { expect, test } from 'vitest'
import { manualClock } from '../../src/testing/index.ts'
import {
  canSurvive,
  drawLifetime,
  freshness,
  guardOf,
  latestLifetime,
  type RefreshPolicy
} from '../../src/token/lifetime.ts'

const hour = 3_600_000

function drawn(life: number, random: number, refresh?: RefreshPolicy) {
  return drawLifetime(life, 0, refresh, manualClock({ random }))
}

test.each([
  { life: 12 * hour, guard: 60_000 },
  { life: hour, guard: 36_000 },
  { life: 300_000, guard: 5_000 },
  { life: 20_000, guard: 4_000 },
  { life: 1_000, guard: 200 }
])('the guard of a life of $life ms is $guard ms', ({ life, guard }) => {
  expect(guardOf(life)).toBe(guard)
})

test.each([
  { life: 12 * hour, refresh: undefined, from: 0.75, to: 0.85 },
  { life: 300_000, refresh: undefined, from: 0.5, to: 0.7 },
  { life: 12 * hour, refresh: 0.5, from: 0.45, to: 0.55 },
  { life: 12 * hour, refresh: { surviveOutage: 6 * hour }, from: 1 - 6.01666 / 12 - 0.1, to: 1 - 6.01666 / 12 },
  { life: 12 * hour, refresh: { surviveOutage: 11.9 * hour }, from: 0.1, to: 0.2 }
])('refresh $refresh of a life of $life ms falls between $from and $to of it', ({ life, refresh, from, to }) => {
  expect(drawn(life, 0, refresh).dueAt / life).toBeCloseTo(from, 4)
  expect(drawn(life, 0.999999, refresh).dueAt / life).toBeCloseTo(to, 4)
})

test('N1 N2 N8 a thousand instances that start together refresh more than an hour apart, and not on the hour', () => {
  const moments = Array.from({ length: 1000 }, () => drawn(12 * hour, Math.random()).dueAt)
  const inMinute = new Map<number, number>()
  for (const moment of moments) {
    const minute = Math.floor(moment / 60_000)
    inMinute.set(minute, (inMinute.get(minute) ?? 0) + 1)
  }
  expect(Math.max(...moments) - Math.min(...moments)).toBeGreaterThan(hour)
  expect(Math.max(...inMinute.values())).toBeLessThan(60)
})

test('a refresh never falls so late that a second try has no room, nor into the first second', () => {
  expect(drawn(12 * hour, 0.999, 0.9).dueAt).toBeLessThanOrEqual(12 * hour - 60_000 - 30_000)
  expect(drawn(100_000, 0.99, 0.9).dueAt).toBe(100_000 - 5_000 - 10_000)
  expect(drawn(10_000, 0, 0.1).dueAt).toBe(1_000)
})

test('T25 a life of one second follows the same law', () => {
  expect(drawn(1_000, 0.5)).toEqual({ dueAt: 700, suspectAt: 800, endsAt: 1_000 })
})

test('a token passes through fresh, due, suspect and expired at its own moments', () => {
  const lifetime = { dueAt: 10, suspectAt: 20, endsAt: 30 }
  const states = [9, 10, 19, 20, 29, 30].map((now) => freshness(lifetime, now))
  expect(states).toEqual(['fresh', 'due', 'due', 'suspect', 'suspect', 'expired'])
})

test('the same token again is next asked for as late as is safe', () => {
  expect(latestLifetime(600_000, 1_000)).toEqual({
    dueAt: 1_000 + 600_000 - 6_000 - 30_000,
    suspectAt: 595_000,
    endsAt: 601_000
  })
})

test('an outage longer than a fifth of a life leaves room for cannot be survived', () => {
  expect(canSurvive(6 * hour, 12 * hour)).toBe(true)
  expect(canSurvive(11 * hour, 12 * hour)).toBe(false)
})

test('every refresh is drawn once: one random number a token', () => {
  const draws: number[] = []
  const random = () => draws.push(0.5) / 2
  drawLifetime(12 * hour, 0, undefined, manualClock({ random }))
  expect(draws).toHaveLength(1)
})
