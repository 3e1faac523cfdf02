import { expect, test } from 'vitest'
import { tokenRequest } from '../../src/token/token-request.ts'
import { life, minute, outcome, rateLimited, read, second, setUp } from './set-up.ts'

test('Q18 I10 the keys are bounded, the least recently used is forgotten, and a warning says so once', async () => {
  const { clock, source, told, cache } = setUp()
  const at = (index: number) => tokenRequest({ scope: [`s${index}`] })
  for (let index = 0; index < 10_002; index += 1) {
    const asked = cache.promise(at(index))
    await source.last.give()
    await asked
    if (index === 9_999) cache.token(at(0))
  }
  await clock.advance(0)
  expect(cache.health().tokens).toHaveLength(10_000)
  expect(told.filter(({ name }) => name === 'warning')).toMatchObject([{ event: { code: 'too_many_keys' } }])
  expect(cache.token(at(0))).not.toBeInstanceOf(Promise)
  expect(cache.token(at(1))).toBeInstanceOf(Promise)
})

test('Q18 F2 a caller that waits for a key that is evicted joins the flight of later callers', async () => {
  const { clock, source, cache } = setUp()
  const patient = cache.token(read, { maxWait: minute })
  await clock.advance(0)
  await source.last.fail(rateLimited(20 * second))
  for (let index = 0; index < 10_000; index += 1) void cache.token(tokenRequest({ scope: [`s${index}`] }))
  await clock.advance(30 * second)
  const later = cache.token(read)
  await clock.advance(2 * second)
  const flights = source.calls.slice(1).filter(({ request }) => request.key === read.key)
  expect(flights).toHaveLength(1)
  const token = await flights[0]?.give()
  expect(await Promise.all([patient, later])).toEqual([token, token])
})

test('an idle key is forgotten when its token ends', async () => {
  const { clock, source, told, cache } = setUp()
  void outcome(cache.token(read), clock)
  await clock.advance(0)
  await source.last.give()
  await clock.advance(life)
  expect(told.at(-1)).toMatchObject({ name: 'expired', event: { serial: 1, scope: ['read'] } })
  expect(cache.health()).toEqual({ state: 'idle', tokens: [], waiting: 0 })
})
