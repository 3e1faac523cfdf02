import { expect, test } from 'vitest'
import type { AccessToken } from '../../src/token/access-token.ts'
import { life, minute, read, refused, second, setUp } from './set-up.ts'

test('Q7 fifty rejections of one token make one refresh, and all get its successor', async () => {
  const { clock, source, cache, warm } = setUp()
  const token = await warm()
  await clock.advance(minute)
  const callers = Array.from({ length: 50 }, () => Promise.resolve(cache.token(read, { rejected: token })))
  await clock.advance(0)
  expect(source.calls).toHaveLength(2)
  const next = await source.last.give()
  expect(new Set(await Promise.all(callers))).toEqual(new Set([next]))
  expect(cache.token(read, { rejected: token })).toBe(next)
  expect(source.calls).toHaveLength(2)
})

test('Q8 D38 a fresh token that is rejected too comes back as it is for thirty seconds', async () => {
  const { clock, source, cache, warm } = setUp()
  const token = await warm()
  await clock.advance(minute)
  const replaced = Promise.resolve(cache.token(read, { rejected: token }))
  await clock.advance(0)
  const next = await source.last.give()
  await replaced
  expect(cache.token(read, { rejected: next })).toBe(next)
  expect(cache.invalidate(next)).toBe(false)
  await clock.advance(29 * second)
  expect(cache.token(read, { rejected: next })).toBe(next)
  expect(source.calls).toHaveLength(2)
  await clock.advance(1 * second)
  expect(cache.token(read, { rejected: next })).toBeInstanceOf(Promise)
})

test('Q6 a late rejection of token n never invalidates token n+1', async () => {
  const { clock, source, cache, warm } = setUp()
  const token = await warm()
  await clock.advance(0.8 * life)
  const next = await source.last.give()
  expect(cache.invalidate(token)).toBe(false)
  expect(cache.token(read)).toBe(next)
})

test('T73 the same token again after a rejection is no replacement: an event, thirty seconds of quiet, the token kept', async () => {
  const { clock, source, told, cache, warm } = setUp({ random: 0 })
  const token = await warm()
  await clock.advance(minute)
  const replaced = cache.token(read, { rejected: token })
  await clock.advance(0)
  await source.last.give(life, token.value)
  expect((await replaced).serial).toBe(token.serial)
  expect(told.at(-1)).toMatchObject({ name: 'refresh-failed', event: { error: { code: 'ERR_SAME_TOKEN' } } })
  await clock.advance(29 * second)
  expect(source.calls).toHaveLength(2)
})

test('invalidate asks for a new one at once, and the next call waits for it', async () => {
  const { clock, source, told, cache, warm } = setUp()
  const token = await warm()
  await clock.advance(minute)
  expect(cache.invalidate(token)).toBe(true)
  await clock.advance(0)
  expect(source.calls).toHaveLength(2)
  expect(cache.invalidate(token)).toBe(false)
  const waiting = cache.token(read)
  const next = await source.last.give()
  expect(await waiting).toBe(next)
  expect(told.at(-1)).toMatchObject({ name: 'refreshed', event: { reason: 'rejected', serial: next.serial } })
})

test('Q16 invalidate of another client’s token costs nothing, though it has the same serial', async () => {
  const ours = setUp()
  const theirs = setUp()
  const token = await ours.warm()
  const theirsToken = theirs.cache.token(read) as Promise<AccessToken>
  await theirs.source.last.give(life, 'theirs')
  expect((await theirsToken).serial).toBe(token.serial)
  expect(ours.cache.invalidate(await theirsToken)).toBe(false)
  expect(ours.cache.token(read)).toBe(token)
})

test('two flights of a key keep a gap of one second', async () => {
  const { clock, source, cache } = setUp()
  void cache.token(read)
  await clock.advance(0)
  const token = await source.last.give()
  expect(cache.invalidate(token)).toBe(true)
  await clock.advance(999)
  expect(source.calls).toHaveLength(1)
  await clock.advance(1)
  expect(source.calls).toHaveLength(2)
})

test('C18 an early rejection is no error state: the old token serves on when the server is down', async () => {
  const { clock, source, cache, warm } = setUp()
  const token = await warm()
  await clock.advance(minute)
  const replaced = cache.token(read, { rejected: token })
  await clock.advance(0)
  await source.last.fail(refused())
  expect(await replaced).toBe(token)
  expect(cache.token(read)).toBe(token)
})
