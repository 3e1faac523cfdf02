import { expect, test } from 'vitest'
import type { AccessToken } from '../../src/token/access-token.ts'
import { hour, life, outcome, read, second, setUp } from './set-up.ts'

test('a warm token is given in the same tick, without a promise', async () => {
  const { cache, warm } = setUp()
  const token = await warm()
  expect(cache.token(read)).toBe(token)
  expect(cache.promise(read)).toBe(cache.promise(read))
})

test('a key in use is refreshed ahead of need and nobody waits', async () => {
  const { clock, source, cache, warm } = setUp()
  const token = await warm()
  await clock.advance(0.8 * life)
  expect(source.calls).toHaveLength(2)
  expect(cache.token(read)).toBe(token)
  const next = await source.last.give()
  expect(cache.token(read)).toBe(next)
  expect(next.serial).toBeGreaterThan(token.serial)
})

test('an idle key is not refreshed: the next caller gets the old token at once', async () => {
  const { clock, source, cache } = setUp()
  const first = Promise.resolve(cache.token(read))
  await clock.advance(0)
  const token = await source.last.give()
  await first
  await clock.advance(0.9 * life)
  expect(source.calls).toHaveLength(1)
  expect(cache.token(read)).toBe(token)
  await clock.advance(0)
  expect(source.calls).toHaveLength(2)
})

test('a pinned key is never idle', async () => {
  const { clock, source, cache } = setUp()
  cache.pin(read)
  void outcome(cache.token(read), clock)
  await clock.advance(0)
  await source.last.give()
  for (let refreshes = 2; refreshes <= 4; refreshes += 1) {
    await clock.advance(0.8 * life)
    expect(source.calls).toHaveLength(refreshes)
    await source.last.give()
  }
})

test('a pinned key is kept warm without calls, also when its tokens live for thirty seconds', async () => {
  const { clock, source, names, cache } = setUp()
  cache.pin(read)
  void outcome(cache.token(read), clock)
  await clock.advance(0)
  for (let refreshes = 1; refreshes <= 5; refreshes += 1) {
    expect(source.calls).toHaveLength(refreshes)
    await source.last.give(30 * second)
    await clock.advance(0.6 * 30 * second)
  }
  expect(names()).toEqual(Array(5).fill('refreshed'))
})

test('the same token again keeps its serial and is not asked for faster and faster', async () => {
  const { clock, source, cache, warm } = setUp()
  const token = await warm(read, hour)
  await clock.advance(0.8 * hour - second)
  await source.last.give(0.2 * hour, token.value)
  expect((cache.token(read) as AccessToken).serial).toBe(token.serial)
  await clock.advance(0.2 * hour - 7.2 * second - 30 * second - 1)
  expect(source.calls).toHaveLength(2)
  await clock.advance(1)
  expect(source.calls).toHaveLength(3)
})

test('a life under a minute has no timed refresh: the first call after its moment starts it', async () => {
  const { clock, source, cache, warm } = setUp()
  const token = await warm(read, 30 * second)
  await clock.advance(20 * second)
  expect(source.calls).toHaveLength(1)
  expect(cache.token(read)).toBe(token)
  await clock.advance(0)
  expect(source.calls).toHaveLength(2)
})

test('T25 tokens of one second are asked for at most once a second', async () => {
  const { clock, source, cache } = setUp()
  for (let step = 0; step < 50; step += 1) {
    void outcome(cache.token(read), clock)
    await clock.advance(100)
    await source.last.give(second)
  }
  expect(source.calls.length).toBeLessThanOrEqual(6)
})

test('T25 the second between two flights counts from the start of the last, also of one that had to wait', async () => {
  const { clock, source, cache } = setUp()
  const flights: number[] = []
  for (let step = 0; step < 60; step += 1) {
    void outcome(cache.token(read), clock)
    await clock.advance(0)
    if (flights.length < source.calls.length) flights.push(clock.monotonicTime())
    await clock.advance(100)
    await source.last.give(700)
  }
  const gaps = flights.slice(1).map((at, index) => at - (flights[index] as number))
  expect(gaps.length).toBeGreaterThan(3)
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(second)
})

test('K11 a timer that fires late refreshes then, and callers of the same tick start no second flight', async () => {
  const { clock, source, cache, warm } = setUp()
  const token = await warm()
  clock.stepWallTime(0.9 * life)
  expect(cache.token(read)).toBe(token)
  expect(cache.token(read)).toBe(token)
  await clock.advance(0)
  expect(source.calls).toHaveLength(2)
})
