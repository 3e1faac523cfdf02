import { expect, test } from 'vitest'
import { TokenCache } from '../../src/cache/token-cache.ts'
import { manualClock } from '../../src/testing/index.ts'
import { tokenRequest } from '../../src/token/token-request.ts'
import { scriptedSource } from '../support/scripted-source.ts'
import { hour, minute, outcome, rateLimited, read, refused, second, setUp } from './set-up.ts'

test('K1 a wall clock set back an hour keeps no token beyond its life', async () => {
  const { clock, source, cache, warm } = setUp()
  const token = await warm(read, hour)
  clock.stepWallTime(-hour)
  expect(cache.token(read)).toBe(token)
  await clock.advance(0.8 * hour - second)
  await source.last.fail(refused())
  await clock.advance(0.2 * hour - 1)
  expect(cache.token(read, { maxWait: 0 })).toBe(token)
  await clock.advance(1)
  expect(cache.token(read)).toBeInstanceOf(Promise)
})

test('K1 a wall clock set back keeps no token beyond its life either when its refresh has to wait for longer than that', async () => {
  const { clock, source, names, cache, warm } = setUp()
  const token = await warm(read, 20 * second)
  await clock.advance(18 * second)
  expect(cache.token(read)).toBe(token)
  await clock.advance(0)
  await source.last.fail(rateLimited(50 * second))
  expect(cache.token(read)).toBe(token)
  await clock.advance(second)
  expect(names()).toContain('expired')
  clock.stepWallTime(-2 * second)
  expect(cache.token(read)).toBeInstanceOf(Promise)
})

test('K2 a wall clock set forward beyond the end makes the token suspect, with one refresh', async () => {
  const { clock, source, cache, warm } = setUp()
  await warm(read, hour)
  clock.stepWallTime(hour)
  const callers = Array.from({ length: 20 }, () => cache.token(read))
  await clock.advance(0)
  expect(source.calls).toHaveLength(2)
  const next = await source.last.give(hour)
  expect(new Set(await Promise.all(callers))).toEqual(new Set([next]))
  expect(cache.token(read)).toBe(next)
  expect(source.calls).toHaveLength(2)
})

test('K3 a wall clock that leaps a day and comes back costs at most one refresh', async () => {
  const { clock, source, cache, warm } = setUp()
  const token = await warm()
  clock.stepWallTime(24 * hour)
  void outcome(cache.token(read), clock)
  await clock.advance(0)
  await source.last.fail(refused())
  clock.stepWallTime(-24 * hour)
  expect(cache.token(read)).toBe(token)
  expect(source.calls).toHaveLength(2)
})

test('K10 a leap second and another time zone change nothing', async () => {
  const { clock, source, cache, warm } = setUp()
  const token = await warm()
  const zone = process.env.TZ
  for (const [step, moved] of [
    [second, 'Pacific/Kiritimati'],
    [-second, 'America/New_York']
  ] as const) {
    process.env.TZ = moved
    clock.stepWallTime(step)
    expect(cache.token(read)).toBe(token)
  }
  if (zone === undefined) delete process.env.TZ
  else process.env.TZ = zone
  expect(source.calls).toHaveLength(1)
  expect(cache.health().tokens[0]?.state).toBe('fresh')
})

test('K4 K5 P8 after a suspend that the monotonic clock slept through, the token is refreshed before use', async () => {
  const { clock, source, cache, warm } = setUp()
  await warm()
  clock.stepWallTime(13 * hour)
  const waiting = cache.token(read)
  await clock.advance(0)
  expect(source.calls).toHaveLength(2)
  const next = await source.last.give()
  expect(await waiting).toBe(next)
})

test('K4 a suspend while the token request is under way shortens the life of the token once, and no call waits for another token', async () => {
  const { clock, source, cache } = setUp()
  void outcome(cache.token(read), clock)
  await clock.advance(0)
  clock.stepWallTime(40 * minute)
  const token = await source.last.give(hour)
  await clock.advance(0)
  expect(cache.token(read)).toBe(token)
  expect(cache.health().tokens[0]?.state).toBe('fresh')
  expect(source.calls).toHaveLength(1)
  await clock.advance(20 * minute)
  expect(cache.token(read)).toBeInstanceOf(Promise)
})

test('K11 a token whose end no timer has told in time is not given, and its end is told once', async () => {
  const { clock, names, cache, warm } = setUp({ early: -24 * hour })
  await warm(read, minute)
  await clock.advance(minute)
  expect(cache.token(read)).toBeInstanceOf(Promise)
  expect(cache.token(read)).toBeInstanceOf(Promise)
  expect(names()).toEqual(['refreshed', 'expired'])
})

test('K12 T32 one timer serves all keys and never sleeps longer than an hour', async () => {
  const delays: number[] = []
  const clock = manualClock()
  const measured = {
    ...clock,
    startTimer: (callback: () => void, delay: number) => {
      delays.push(delay)
      return clock.startTimer(callback, delay)
    }
  }
  const source = scriptedSource(clock)
  const cache = new TokenCache({ source, clock: measured, timeout: 10 * second, emit: () => {} })
  for (const scope of ['a', 'b', 'c']) {
    const request = tokenRequest({ scope: [scope] })
    void outcome(cache.token(request), clock)
    await clock.advance(0)
    await source.last.give(24 * hour)
    await clock.advance(0)
    cache.token(request)
  }
  expect(clock.timers).toBe(1)
  await clock.advance(20 * hour)
  expect(Math.max(...delays)).toBeLessThanOrEqual(hour)
  expect(source.calls.length).toBeGreaterThan(3)
})

test('K13 life counts from before the request was sent', async () => {
  const { clock, source, cache } = setUp()
  void outcome(cache.token(read), clock)
  await clock.advance(4 * second)
  await source.last.give(20 * second)
  await clock.advance(16 * second)
  expect(cache.token(read)).toBeInstanceOf(Promise)
})
