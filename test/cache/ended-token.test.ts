import { expect, test } from 'vitest'
import type { AccessToken } from '../../src/token/access-token.ts'
import { codeOf, hour, outcome, read, second, setUp } from './set-up.ts'

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

test('W12 a server that gives nothing but an ended token fails with ERR_SAME_TOKEN, which is transient', async () => {
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
