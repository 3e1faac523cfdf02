import { expect, test } from 'vitest'
import { ClientClosedError } from '../../src/errors.ts'
import { down, life, noSuchScope, outcome, read, second, settles, setUp } from './set-up.ts'

test('K2 a token that becomes suspect while its successor is on the way is waited for', async () => {
  const { clock, source, cache, warm } = setUp()
  await warm()
  await clock.advance(0.8 * life - second)
  expect(cache.token(read)).toMatchObject({ serial: 1 })
  expect(source.calls).toHaveLength(2)
  clock.stepWallTime(0.2 * life)
  const asked = cache.token(read)
  expect(asked).toBeInstanceOf(Promise)
  await source.last.give()
  expect(await asked).toMatchObject({ serial: 2 })
})

test('D30 a suspect token is replaced before use when the new one comes within two seconds', async () => {
  const { clock, source, cache, warm } = setUp()
  await warm()
  await clock.advance(0.8 * life - second)
  await source.last.fail(down())
  clock.stepWallTime(life)
  await clock.advance(405 * second)
  const waiting = cache.token(read)
  expect(waiting).toBeInstanceOf(Promise)
  await clock.advance(0)
  const next = await source.last.give()
  expect(await waiting).toBe(next)
})

test('a suspect token is given after two seconds when the new one does not come', async () => {
  const { clock, source, cache, warm } = setUp()
  const token = await warm()
  clock.stepWallTime(life)
  const waiting = cache.token(read)
  const ending = outcome(waiting, clock)
  await clock.advance(1999)
  expect(await outcome(waiting, clock)).toBe('pending')
  await clock.advance(1)
  await ending
  expect(await waiting).toBe(token)
  expect(cache.token(read)).toBe(token)
  expect(source.calls).toHaveLength(2)
})

test('a suspect token is given at once when the refresh fails, and while failure memory forbids another', async () => {
  const { clock, source, cache, warm } = setUp()
  const token = await warm()
  clock.stepWallTime(life)
  const waiting = cache.token(read)
  await clock.advance(0)
  for (let attempts = 0; attempts < 3; attempts += 1) {
    await source.last.fail(down())
    await clock.advance(second)
  }
  expect(await waiting).toBe(token)
  expect(cache.token(read)).toBe(token)
})

test('Q4 who leaves while a suspect token is replaced gets the reason of leaving, also when the client closes', async () => {
  const { clock, cache, warm } = setUp()
  await warm(read, 20 * second)
  await clock.advance(16.5 * second)
  const leaving = new AbortController()
  const left = cache.token(read, { signal: leaving.signal })
  const closed = cache.token(read)
  leaving.abort(new Error('left'))
  expect(await outcome(left, clock)).toMatchObject({ message: 'left' })
  cache.close()
  expect(await outcome(closed, clock)).toBeInstanceOf(ClientClosedError)
})

test('maxWait: 0 takes a suspect token as it is', async () => {
  const { clock, cache, warm } = setUp()
  const token = await warm()
  clock.stepWallTime(life)
  expect(cache.token(read, { maxWait: 0 })).toBe(token)
})

test('a caller whose token ends while it waits for a better one waits no longer than the timeout in all', async () => {
  const { clock, source, cache, warm } = setUp()
  await warm(read, 30 * second)
  await clock.advance(28_400)
  const asked = cache.token(read)
  await clock.advance(700)
  await source.last.fail(noSuchScope())
  await clock.advance(second)
  expect(source.calls).toHaveLength(3)
  await clock.advance(8299)
  expect(await outcome(asked, clock)).toBe('pending')
  await clock.advance(1)
  expect(await outcome(asked, clock)).toMatchObject({
    message: 'No token came within 10000 ms. Allow more time with maxWait, or call again.'
  })
})

test('a caller takes the token that it has while a second of it is left, when the next one does not come', async () => {
  const { clock, source, cache, warm } = setUp()
  const token = await warm(read, 20 * second)
  await clock.advance(17.5 * second) // 1.5 s are left
  const waiting = cache.token(read)
  expect(await outcome(waiting, clock)).toBe('pending')
  await clock.advance(400)
  expect(await outcome(waiting, clock)).toBe('pending')
  await clock.advance(100)
  expect(await outcome(waiting, clock)).toBe(token)
  expect(source.calls).toHaveLength(2)
  await clock.advance(100)
  expect(await settles(cache, clock)).toBe('pending') // now the next one is better
})
