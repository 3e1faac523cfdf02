import { expect, test } from 'vitest'
import type { TokenClientError } from '../../src/errors.ts'
import { codeOf, down, outcome, rateLimited, read, second, setUp } from './set-up.ts'

test('maxWait waits through failures and new flights, and then gets the last error', async () => {
  const { clock, source, cache } = setUp()
  const patient = cache.token(read, { maxWait: 20 * second })
  const ending = outcome(patient, clock)
  for (let moment = 0; moment < 19_900; moment += 100) {
    if (source.calls.length > 0) await source.last.fail(down())
    await clock.advance(100)
  }
  expect(await outcome(patient, clock)).toBe('pending')
  expect(source.calls.length).toBeGreaterThan(3)
  await source.last.fail(down())
  await clock.advance(200)
  expect(codeOf(await outcome(patient, clock))).toBe('ERR_SERVER_ERROR')
  await ending
})

test('maxWait that ends while another flight is under way gets the last error, also when a timer is early', async () => {
  const { clock, source, cache } = setUp({ early: 0.5 })
  const patient = cache.token(read, { maxWait: 5 * second })
  await clock.advance(0)
  await source.last.fail(rateLimited(10 * second))
  const hasty = cache.token(read, { maxWait: 0 })
  expect(codeOf(await outcome(hasty, clock))).toBe('ERR_RATE_LIMITED')
  const other = cache.token(read, { maxWait: 17 * second })
  await clock.advance(5 * second)
  expect(codeOf(await outcome(patient, clock))).toBe('ERR_RATE_LIMITED')
  await clock.advance(11 * second)
  expect(source.calls).toHaveLength(2)
  await clock.advance(second)
  expect(codeOf(await outcome(other, clock))).toBe('ERR_RATE_LIMITED')
})

test('the error of a caller names its maxWait as it was given', async () => {
  const { clock, cache } = setUp()
  const patient = cache.token(read, { maxWait: 3 * second })
  await clock.advance(3 * second)
  expect((await outcome(patient, clock)) as TokenClientError).toMatchObject({
    code: 'ERR_TIMEOUT',
    message: expect.stringContaining('within 3000 ms')
  })
})

test('maxWait gets the token as soon as the server is back', async () => {
  const { clock, source, cache } = setUp()
  const patient = cache.token(read, { maxWait: 60 * second })
  await clock.advance(0)
  await source.last.fail(rateLimited(30 * second))
  expect(await outcome(patient, clock)).toBe('pending')
  await clock.advance(45_000)
  const token = await source.last.give()
  expect(await patient).toBe(token)
})

test('maxWait: 0 without a token rejects at once and leaves a flight behind', async () => {
  const { clock, source, cache } = setUp()
  const hasty = cache.token(read, { maxWait: 0 })
  expect(codeOf(await outcome(hasty, clock))).toBe('ERR_TIMEOUT')
  const token = await source.last.give()
  expect(cache.token(read, { maxWait: 0 })).toBe(token)
})
