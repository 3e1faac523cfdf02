import { expect, test } from 'vitest'
import { TokenClientError } from '../../src/errors.ts'
import { tokenRequest } from '../../src/token/token-request.ts'
import { codeOf, hour, minute, noSuchScope, outcome, read, refused, second, settles, setUp, write } from './set-up.ts'

const odd = () => new TokenClientError('ERR_MALFORMED_TOKEN', 'x', { transient: true, status: 200 })
const manyRequests = (count: number) =>
  Array.from({ length: count }, (_, index) => tokenRequest({ scope: [`s${index}`] }))

/** A key whose token of thirty seconds was rejected. Its refresh was refused, which is remembered for a minute. */
async function refusedInPlaceOfSuccessor() {
  const { clock, source, cache } = setUp()
  const asked = cache.promise(read)
  await clock.advance(0)
  await source.last.give(30 * second)
  cache.invalidate(await asked)
  await clock.advance(second)
  await source.last.fail(noSuchScope())
  return { clock, source, cache }
}

test('F3 after a failed flight a caller gets the remembered error at once, with the time that is left', async () => {
  const { clock, source, cache } = setUp()
  const first = cache.token(read)
  await clock.advance(0)
  await source.last.fail(refused())
  expect(await outcome(first, clock)).toMatchObject({ code: 'ERR_INVALID_CLIENT', retryAfter: minute, status: 401 })
  await clock.advance(20 * second)
  expect(await settles(cache, clock)).toMatchObject({ code: 'ERR_INVALID_CLIENT', retryAfter: 40 * second })
  expect(source.calls).toHaveLength(1)
  await clock.advance(40 * second)
  expect(await settles(cache, clock)).toBe('pending')
  expect(source.calls).toHaveLength(2)
})

test('a refusal of the client holds for all keys, one of the scope for its own', async () => {
  const { clock, source, cache } = setUp()
  void outcome(cache.token(read), clock)
  await clock.advance(0)
  await source.last.fail(noSuchScope())
  expect(await settles(cache, clock, write)).toBe('pending')
  await source.last.fail(refused())
  expect(codeOf(await settles(cache, clock, tokenRequest({})))).toBe('ERR_INVALID_CLIENT')
  expect(source.calls).toHaveLength(2)
})

test('a success of one key lifts the refusal of the client', async () => {
  const { clock, source, cache } = setUp()
  void outcome(cache.token(read), clock)
  void outcome(cache.token(write), clock)
  await clock.advance(0)
  await source.calls[0]?.fail(refused())
  await source.calls[1]?.give()
  expect(await settles(cache, clock)).toBe('pending')
})

test('flights of several keys that are refused together are one refusal: the wait does not grow with the keys', async () => {
  const { clock, source, told, cache } = setUp()
  const requests = manyRequests(5)
  const callers = requests.map((request) => cache.token(request))
  await clock.advance(0)
  for (const call of source.calls) await call.fail(refused())
  for (const caller of callers) expect(await outcome(caller, clock)).toMatchObject({ retryAfter: minute })
  expect(told.map(({ name }) => name)).toEqual(Array(5).fill('refresh-failed'))
  await clock.advance(minute)
  const again = cache.token(read)
  await clock.advance(0)
  await source.last.fail(refused())
  expect(await outcome(again, clock)).toMatchObject({ retryAfter: 2 * minute })
})

test('when the token ends, one attempt is free whatever was refused before it, and then the refusal holds', async () => {
  const { clock, source, cache } = await refusedInPlaceOfSuccessor()
  await clock.advance(28 * second)
  expect(source.calls).toHaveLength(2)
  await clock.advance(second)
  expect(await settles(cache, clock)).toBe('pending')
  await source.last.fail(noSuchScope())
  await clock.advance(59 * second)
  expect(codeOf(await settles(cache, clock))).toBe('ERR_INVALID_SCOPE')
  expect(source.calls).toHaveLength(3)
})

test('I10 a key that nobody asks for is forgotten with its token', async () => {
  const { clock, cache } = await refusedInPlaceOfSuccessor()
  await clock.advance(28 * second)
  expect(cache.health().tokens).toHaveLength(1)
  await clock.advance(second)
  expect(cache.health().tokens).toHaveLength(0)
})

test('the wait after a failed background refresh no longer applies once the token has expired', async () => {
  const { clock, source, names, cache, warm } = setUp()
  const token = await warm(read, 20 * second)
  await clock.advance(18.5 * second)
  void cache.token(read)
  await clock.advance(0)
  await source.last.fail(new TokenClientError('ERR_MALFORMED_BODY', 'x', { transient: true, retryAfter: hour }))
  expect(cache.token(read)).toBe(token)
  await clock.advance(0.5 * second)
  expect(names()).toContain('expired')
  expect(cache.health().tokens[0]).not.toHaveProperty('nextAttemptAt')
  expect(await settles(cache, clock)).toBe('pending')
})

test('failures that are each key’s own do not multiply the load: the budget pays for ten further attempts', async () => {
  const { clock, source, cache } = setUp()
  const requests = manyRequests(8)
  for (const request of requests) void outcome(cache.token(request), clock)
  await clock.advance(0)
  await Promise.all(source.calls.map((call) => call.fail(odd())))
  await clock.advance(400)
  await Promise.all(source.calls.slice(8).map((call) => call.fail(odd())))
  await clock.advance(900)
  expect(source.calls).toHaveLength(8 + 10)
})

test('more than eight keys that fail alike, and none that does not, are the failure of the server', async () => {
  const { clock, source, cache } = setUp()
  const requests = manyRequests(30)
  for (const request of requests) void outcome(cache.token(request), clock)
  await clock.advance(0)
  await Promise.all(source.calls.map((call) => call.fail(odd())))
  await clock.advance(900)
  expect(source.calls).toHaveLength(17) // of the sixteen parallel requests one is repeated
})

test('a key that was refused while others get tokens is refused alone, and stays so', async () => {
  const { clock, source, cache, warm } = setUp()
  void outcome(cache.token(write), clock)
  await clock.advance(0)
  await source.last.fail(refused())
  await clock.advance(minute)
  await warm()
  for (let again = 0; again < 3; again += 1) {
    void outcome(cache.token(write), clock)
    await clock.advance(0)
    await source.last.fail(refused())
    expect(codeOf(await settles(cache, clock, write))).toBe('ERR_INVALID_CLIENT')
    const another = tokenRequest({ scope: [`new-${again}`] })
    expect(await settles(cache, clock, another)).toBe('pending')
    await source.last.fail(noSuchScope()) // no later token has shown that the credential works
    await clock.advance(10 * minute)
  }
})

test('I14 a refusal of the client does not bar a key whose token has ended since, whether anybody asked for it or not', async () => {
  const { clock, source, cache } = setUp()
  void cache.promise(read)
  await clock.advance(0)
  await source.last.give(30 * second)
  void outcome(cache.token(write), clock)
  await clock.advance(0)
  await source.last.fail(new TokenClientError('ERR_UNAUTHORIZED_CLIENT', 'x', { transient: false, status: 400 }))
  await clock.advance(40 * second)
  expect(await settles(cache, clock)).toBe('pending')
  expect(source.calls).toHaveLength(3)
})

test('F3 a key is not forgotten so soon that the gap between two of its flights is lost', async () => {
  const { clock, source, cache } = setUp()
  void outcome(cache.token(read), clock)
  await clock.advance(0)
  await source.last.give(10)
  await clock.advance(10)
  void outcome(cache.token(read), clock)
  await clock.advance(second - 11)
  expect(source.calls).toHaveLength(1)
  await clock.advance(1)
  expect(source.calls).toHaveLength(2)
})
