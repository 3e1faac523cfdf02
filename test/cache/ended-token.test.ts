import { expect, test } from 'vitest'
import type { AccessToken } from '../../src/token/access-token.ts'
import { codeOf, hour, outcome, read, refused, second, setUp } from './set-up.ts'

test('W12 a token that has ended is not kept: whoever waits gets the next one', async () => {
  const { cache, clock, source } = setUp()
  const waiting = cache.token(read)
  await clock.advance(0)
  await source.last.give(0, 'ended')
  await clock.advance(second)
  expect(source.calls).toHaveLength(2)
  await source.last.give(hour, 'next')
  expect(((await outcome(waiting, clock)) as AccessToken).value).toBe('next')
})

test('W12 the kept token ends with the answer that says so, before its time', async () => {
  const { cache, clock, source, names, warm } = setUp()
  const { value } = await warm(read, hour)
  await clock.advance(0.6 * hour)
  await clock.advance(0.2 * hour)
  await source.last.give(0, value)
  expect(codeOf(await outcome(cache.token(read), clock))).toBe('pending')
  expect(names()).toEqual(['refreshed', 'refresh-failed', 'expired'])
  await source.last.give(hour)
  expect(names().at(-1)).toBe('refreshed')
})

test('W12 a foreign token that has ended does not end the kept one', async () => {
  const { cache, clock, source, warm } = setUp()
  const token = await warm(read, hour)
  await clock.advance(0.8 * hour)
  await source.last.give(0, 'another')
  expect(cache.token(read)).toBe(token)
})

test('W12 a server that returns only an expired token fails with ERR_SAME_TOKEN, which is transient', async () => {
  const { cache, clock, source } = setUp()
  const waiting = cache.token(read)
  for (let attempt = 1; attempt <= 3; attempt++) {
    await clock.advance(0)
    expect(source.calls).toHaveLength(attempt)
    await source.last.give(0, 'ended')
    await clock.advance(second)
  }
  expect(await outcome(waiting, clock)).toMatchObject({ code: 'ERR_SAME_TOKEN', transient: true })
})

test.each([1, 6, 500])(
  'I14 a call %i ms before the end of a token gets the next one, however short that is for an answer',
  async (left) => {
    const { cache, clock, source, names, warm } = setUp()
    await warm(read, 10 * second)
    await clock.advance(9 * second - left)
    const asked = cache.token(read)
    await clock.advance(left + second)
    const { value } = await source.last.give(hour)
    expect(((await outcome(asked, clock)) as AccessToken).value).toBe(value)
    expect(names()).not.toContain('refresh-failed')
  }
)

test('I14 the refused token of a call that comes so late is replaced as well', async () => {
  const { cache, clock, source, names, warm } = setUp()
  const token = await warm(read, 10 * second)
  await clock.advance(9 * second - 6)
  cache.invalidate(token)
  const asked = cache.token(read)
  await clock.advance(second)
  const { value } = await source.last.give(hour)
  expect(((await outcome(asked, clock)) as AccessToken).value).toBe(value)
  expect(names()).not.toContain('refresh-failed')
})

test('I14 a flight that is cut off around the end of a token leaves the next one free', async () => {
  const { cache, clock, source, names, warm } = setUp()
  await warm(read, 10 * second)
  await clock.advance(7.9 * second)
  void cache.token(read)
  await clock.advance(0)
  expect(source.calls).toHaveLength(2)
  await clock.advance(1.1 * second)
  expect(names()).toContain('refresh-failed')
  const asked = cache.token(read)
  await clock.advance(2 * second)
  const { value } = await source.last.give(hour)
  expect(((await outcome(asked, clock)) as AccessToken).value).toBe(value)
})

test('a server that refuses at the end of a token is asked once more, and then left alone', async () => {
  const { cache, clock, source, warm } = setUp()
  await warm(read, 10 * second)
  await clock.advance(8.9 * second)
  void outcome(cache.token(read), clock)
  await clock.advance(100)
  for (let failing = 0; failing < 20; failing += 1) {
    void outcome(cache.token(read), clock)
    await source.last.fail(refused())
  }
  await clock.advance(1.5 * second)
  void outcome(cache.token(read), clock)
  await source.last.fail(refused())
  const asked = source.calls.length
  await clock.advance(8 * second)
  void outcome(cache.token(read), clock)
  expect(asked).toBeLessThanOrEqual(3)
  expect(source.calls).toHaveLength(asked)
})
