import { expect, test } from 'vitest'
import { down, life, minute, outcome, read, second, setUp } from './set-up.ts'

const users = 'https://users.internal'
const orders = 'https://orders.internal'

/** A token that the users service has refused, while its successor is under way. */
async function refusedByUsers() {
  const { cache, warm, clock, source, ...rest } = setUp()
  const token = await warm()
  await clock.advance(minute)
  const replacement = cache.token(read, { rejected: token, origin: users })
  await clock.advance(0)
  return { cache, clock, source, token, replacement, ...rest }
}

test('a refusal by one origin makes no call of another wait, nor one that names no origin', async () => {
  const { cache, token, replacement } = await refusedByUsers()
  expect(replacement).toBeInstanceOf(Promise)
  expect(cache.token(read, { origin: orders })).toBe(token)
  expect(cache.token(read)).toBe(token)
  expect(await cache.promise(read)).toBe(token)
})

test('calls of the origin that refused wait for the next token, two seconds at most', async () => {
  const { cache, clock, source, token } = await refusedByUsers()
  const waiting = cache.token(read, { origin: users })
  await clock.advance(1999)
  expect(await outcome(waiting, clock)).toBe('pending')
  await clock.advance(1)
  expect(await outcome(waiting, clock)).toBe(token)
  expect(source.calls).toHaveLength(2)
})

test('without a flight under way they are sent at once', async () => {
  const { cache, clock, source, token } = await refusedByUsers()
  for (let attempts = 0; attempts < 3; attempts += 1) {
    await source.last.fail(down())
    await clock.advance(second)
  }
  expect(cache.token(read, { origin: users })).toBe(token)
})

test('a second origin that refuses waits too, and makes no second request', async () => {
  const { cache, clock, source, token, replacement } = await refusedByUsers()
  const second = cache.token(read, { rejected: token, origin: orders })
  expect(second).toBeInstanceOf(Promise)
  await clock.advance(0)
  expect(source.calls).toHaveLength(2)
  const next = await source.last.give()
  expect([await replacement, await second, cache.token(read, { origin: users })]).toEqual([next, next, next])
})

test('a token that is taken from everybody by hand is waited for by every origin', async () => {
  const { cache, token } = await refusedByUsers()
  expect(cache.invalidate(token)).toBe(true)
  expect(cache.token(read, { origin: orders })).toBeInstanceOf(Promise)
  expect(cache.token(read)).toBeInstanceOf(Promise)
})

test('the refusals of a token end with it', async () => {
  const { cache, clock, source } = await refusedByUsers()
  const next = await source.last.give(life)
  await clock.advance(second)
  expect(cache.token(read, { origin: users })).toBe(next)
})
