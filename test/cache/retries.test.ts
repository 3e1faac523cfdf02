import { expect, test } from 'vitest'
import { TokenClientError } from '../../src/errors.ts'
import { codeOf, down, hour, outcome, rateLimited, read, refused, second, setUp } from './set-up.ts'

test('a flight that somebody waits for tries three times', async () => {
  const { clock, source, cache } = setUp()
  const caller = cache.token(read)
  await clock.advance(0)
  await source.last.fail(down())
  await clock.advance(300)
  expect(source.calls).toHaveLength(2)
  await source.last.fail(down())
  await clock.advance(600)
  expect(source.calls).toHaveLength(3)
  await source.last.fail(down())
  expect(codeOf(await outcome(caller, clock))).toBe('ERR_SERVER_ERROR')
  expect(source.calls).toHaveLength(3)
})

test('T55 a flight does not try again before Retry-After is over', async () => {
  const { clock, source, cache } = setUp()
  const caller = cache.token(read)
  await clock.advance(0)
  await source.last.fail(rateLimited(30 * second))
  expect(await outcome(caller, clock)).toMatchObject({ code: 'ERR_RATE_LIMITED', retryAfter: 45_000 })
  expect(source.calls).toHaveLength(1)
})

test('T62 a connection that broke before the first byte is repeated at once, and only once', async () => {
  const reset = () => new TokenClientError('ERR_CONNECTION_RESET', 'x', { transient: true })
  const { clock, source, cache } = setUp()
  const caller = cache.token(read)
  await clock.advance(0)
  await source.last.fail(reset())
  expect(source.calls).toHaveLength(2)
  await source.last.fail(reset())
  expect(source.calls).toHaveLength(2)
  await clock.advance(300)
  expect(source.calls).toHaveLength(3)
  await source.last.give()
  expect((await caller).serial).toBe(1)
})

test('a permanent failure rejects at once, whatever maxWait says', async () => {
  const { clock, source, cache } = setUp()
  const patient = cache.token(read, { maxWait: hour })
  await clock.advance(0)
  await source.last.fail(refused())
  expect(codeOf(await outcome(patient, clock))).toBe('ERR_INVALID_CLIENT')
})
