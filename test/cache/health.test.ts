import { expect, test } from 'vitest'
import {
  down,
  hour,
  life,
  minute,
  noSuchScope,
  outcome,
  read,
  second,
  settles,
  setUp,
  type Told,
  write
} from './set-up.ts'

test('a key that fails beside one that works does not take the service out', async () => {
  const { clock, source, cache, warm } = setUp()
  expect(cache.health().state).toBe('idle')
  void outcome(cache.token(write), clock)
  await clock.advance(0)
  expect(cache.health().state).toBe('warming')
  await source.last.fail(noSuchScope())
  expect(cache.health()).toMatchObject({
    state: 'failed',
    tokens: [{ state: 'failed', code: 'ERR_INVALID_SCOPE', nextAttemptAt: clock.wallTime() + minute }]
  })
  const token = await warm()
  expect(cache.health()).toMatchObject({
    state: 'fresh',
    tokens: [
      { scope: ['write'] },
      { scope: ['read'], state: 'fresh', expiresAt: token.expiresAt, refreshAt: token.obtainedAt + 0.8 * life }
    ]
  })
  cache.close()
  expect(cache.health()).toEqual({ state: 'closed', tokens: [], waiting: 0 })
})

test('a short token that ended while nobody asked does not take the service out', async () => {
  const { clock, names, cache, warm } = setUp()
  await warm(read, 30 * second)
  await clock.advance(30 * second)
  expect(names()).toContain('expired')
  expect(cache.health()).toEqual({ state: 'idle', tokens: [], waiting: 0 })
  await warm(write)
  expect(cache.health()).toMatchObject({ state: 'fresh', tokens: [{ scope: ['write'] }] })
})

test('a key whose first token is late does not take the service out either', async () => {
  const { clock, cache, warm } = setUp()
  await warm()
  void outcome(cache.token(write), clock)
  await clock.advance(0)
  expect(cache.health()).toMatchObject({ state: 'fresh', tokens: [{ state: 'fresh' }, { state: 'warming' }] })
})

test('I10 a refused key that nobody asks for any more is forgotten, and an idle service is not failed for ever', async () => {
  const { clock, source, cache } = setUp()
  void outcome(cache.token(read), clock)
  await clock.advance(0)
  await source.last.fail(noSuchScope())
  expect(await settles(cache, clock)).toMatchObject({ code: 'ERR_INVALID_SCOPE' })
  await clock.advance(11 * minute - second)
  expect(cache.health().state).toBe('failed')
  await clock.advance(second)
  expect(cache.health()).toEqual({ state: 'idle', tokens: [], waiting: 0 })
})

test('I4 a refused key that is asked for now and then keeps its failures: the waits grow', async () => {
  const { clock, source, told, cache } = setUp()
  const waits: number[] = []
  for (let failures = 1; failures <= 3; failures += 1) {
    void outcome(cache.token(read), clock)
    await clock.advance(0)
    await source.last.fail(noSuchScope())
    waits.push((told.at(-1) as Told<'refresh-failed'>).event.nextAttemptAt - clock.wallTime())
    await clock.advance(9 * minute)
  }
  expect(waits).toEqual([minute, 2 * minute, 4 * minute])
})

test('a token is fresh while its due refresh is on its way, and stale once that has failed', async () => {
  const { clock, source, cache, warm } = setUp()
  await warm()
  await clock.advance(0.8 * life - second)
  expect(cache.health().tokens[0]).toMatchObject({ state: 'fresh' })
  expect(cache.health().tokens[0]).not.toHaveProperty('nextAttemptAt')
  await source.last.fail(down())
  expect(cache.health().tokens[0]).toMatchObject({ state: 'stale', code: 'ERR_SERVER_ERROR' })
  while (source.calls.length < 3) await clock.advance(second)
  expect(cache.health().tokens[0]).toMatchObject({ state: 'stale' })
})

test('a token that is due while nobody refreshes it is stale', async () => {
  const { clock, cache, warm } = setUp({ early: -hour })
  await warm(read, 10 * minute)
  await clock.advance(9 * minute)
  expect(cache.health().tokens[0]).toMatchObject({ state: 'stale' })
})

test('the times of a token that came late in the life of the process are right on the wall clock', async () => {
  const { clock, cache, warm } = setUp()
  await clock.advance(3 * hour)
  const token = await warm()
  expect(cache.health().tokens[0]).toMatchObject({ refreshAt: token.obtainedAt + 0.8 * life })
})

test('the next attempt is told as a moment, which does not move as time passes', async () => {
  const { clock, source, told, cache } = setUp()
  void outcome(cache.token(read), clock)
  await clock.advance(7 * second)
  await source.last.fail(noSuchScope())
  const { nextAttemptAt } = (told.at(-1) as Told<'refresh-failed'>).event
  expect(nextAttemptAt).toBe(clock.wallTime() + minute)
  for (const passed of [0, 20 * second, 39 * second]) {
    await clock.advance(passed)
    expect(cache.health().tokens[0]).toMatchObject({ nextAttemptAt })
  }
  await clock.advance(second)
  expect(cache.health().tokens[0]).not.toHaveProperty('nextAttemptAt')
})

test('between the attempts of a flight the health names no moment before which nothing is sent', async () => {
  const { clock, source, cache } = setUp()
  void outcome(cache.token(read), clock)
  await clock.advance(0)
  await source.last.fail(down())
  await clock.advance(100)
  expect(cache.health().tokens).toMatchObject([{ state: 'failed', code: 'ERR_SERVER_ERROR' }])
  expect(cache.health().tokens[0]).not.toHaveProperty('nextAttemptAt')
  await clock.advance(300)
  expect(source.calls).toHaveLength(2)
})
