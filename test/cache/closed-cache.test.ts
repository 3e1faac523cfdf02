import { expect, test } from 'vitest'
import { ClientClosedError } from '../../src/errors.ts'
import { hour, minute, outcome, rateLimited, read, refused, second, settles, setUp, write } from './set-up.ts'

test('Q12 a caller whose credential is read again when the client closes starts no flight', async () => {
  const { clock, source, cache } = setUp({ credentialChanged: () => new Promise(() => {}) })
  void outcome(cache.token(read), clock)
  await clock.advance(0)
  await source.last.fail(refused())
  const waiting = Promise.resolve(cache.token(read)).catch((error: unknown) => error)
  await clock.advance(second / 2)
  cache.close()
  await clock.advance(second)
  expect(await waiting).toBeInstanceOf(ClientClosedError)
  expect(source.calls).toHaveLength(1)
  expect(clock.timers).toBe(0)
})

test('Q12 Q13 P3 waiters and later callers get ClientClosedError, the flight is aborted, no timer is left', async () => {
  const { clock, source, cache, warm } = setUp()
  await warm(write)
  const waiting = cache.token(read)
  const patient = cache.token(read, { maxWait: hour })
  await clock.advance(0)
  cache.close()
  expect(await outcome(waiting, clock)).toBeInstanceOf(ClientClosedError)
  expect(await outcome(patient, clock)).toBeInstanceOf(ClientClosedError)
  expect(source.last.patience.signal?.aborted).toBe(true)
  expect(await settles(cache, clock, write)).toBeInstanceOf(ClientClosedError)
  expect(clock.timers).toBe(0)
})

test('T74 an answer after close is dropped', async () => {
  const { clock, source, names, cache } = setUp()
  const waiting = cache.token(read)
  await clock.advance(0)
  cache.close()
  await source.last.give()
  expect(await outcome(waiting, clock)).toBeInstanceOf(ClientClosedError)
  expect(names()).toEqual([])
  expect(clock.timers).toBe(0)
})

test('a caller that waits between two flights ends when the client closes', async () => {
  const { clock, source, cache } = setUp()
  const patient = cache.token(read, { maxWait: hour })
  await clock.advance(0)
  await source.last.fail(rateLimited(minute))
  cache.close()
  expect(await outcome(patient, clock)).toBeInstanceOf(ClientClosedError)
  expect(clock.timers).toBe(0)
})
