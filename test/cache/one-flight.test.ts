import { AsyncLocalStorage } from 'node:async_hooks'
import { expect, test } from 'vitest'
import { TokenCache } from '../../src/cache/token-cache.ts'
import { manualClock } from '../../src/testing/index.ts'
import { codeOf, down, outcome, read, second, setUp, write } from './set-up.ts'

test('Q1 ten thousand callers in one tick make one token request', async () => {
  const { clock, source, cache } = setUp()
  const callers = Array.from({ length: 10_000 }, () => Promise.resolve(cache.token(read)))
  await clock.advance(0)
  expect(source.calls).toHaveLength(1)
  await source.last.give()
  const tokens = new Set(await Promise.all(callers))
  expect(tokens.size).toBe(1)
})

test('Q17 two different requests never share a flight or a token', async () => {
  const { clock, source, cache } = setUp()
  const one = cache.token(read)
  const other = cache.token(write)
  await clock.advance(0)
  expect(source.calls.map(({ request }) => request.scope)).toEqual([['read'], ['write']])
  await source.calls[1]?.give()
  expect(await outcome(one, clock)).toBe('pending')
  await source.calls[0]?.give()
  expect((await other).scope).toEqual(['write'])
  expect((await one).scope).toEqual(['read'])
})

test('Q2 Q4 the caller who started the flight leaves, and the others get its token', async () => {
  const { clock, source, cache } = setUp()
  const leaving = new AbortController()
  const starter = cache.token(read, { signal: leaving.signal })
  const other = cache.token(read)
  await clock.advance(0)
  leaving.abort(new Error('mine'))
  expect(await outcome(starter, clock)).toEqual(new Error('mine'))
  const token = await source.last.give()
  expect(await other).toBe(token)
  expect(source.calls).toHaveLength(1)
})

test('Q3 everybody leaves, the flight goes on and its token is kept', async () => {
  const { clock, source, cache } = setUp()
  const leaving = new AbortController()
  const caller = cache.token(read, { signal: leaving.signal })
  await clock.advance(0)
  leaving.abort()
  await outcome(caller, clock)
  expect(source.last.patience.signal?.aborted).toBe(false)
  const token = await source.last.give()
  expect(cache.token(read)).toBe(token)
})

test('Q5 each caller times out alone', async () => {
  const { clock, cache } = setUp()
  const hasty = cache.token(read, { maxWait: 100 })
  const patient = cache.token(read, { maxWait: 5 * second })
  const hastyEnd = outcome(hasty, clock)
  await clock.advance(100)
  expect(codeOf(await outcome(hasty, clock))).toBe('ERR_TIMEOUT')
  expect(await outcome(patient, clock)).toBe('pending')
  await hastyEnd
})

test('Q20 a flight does not run in the context of the request that started it', async () => {
  const clock = manualClock()
  const context = new AsyncLocalStorage<string>()
  const seen: unknown[] = []
  const source = {
    token: () => {
      seen.push(context.getStore())
      return new Promise<never>(() => {})
    }
  }
  const cache = new TokenCache({ source, clock, timeout: 10 * second, emit: () => {} })
  context.run('first caller', () => void Promise.resolve(cache.token(read)).catch(() => {}))
  await clock.advance(0)
  expect(seen).toEqual([undefined])
  cache.close()
})

test('a flight ends at its timeout even when the source never answers', async () => {
  const { clock, cache } = setUp()
  const caller = cache.token(read)
  const ending = outcome(caller, clock)
  await clock.advance(10 * second)
  await ending
  expect(codeOf(await outcome(caller, clock))).toBe('ERR_TIMEOUT')
})

test('an attempt gets half of the timeout and no more than is left, and the error names the whole and what was before', async () => {
  const { clock, source, cache } = setUp()
  const caller = cache.token(read)
  await clock.advance(0)
  await clock.advance(4 * second)
  await source.last.fail(down())
  await clock.advance(4 * second)
  await source.last.fail(down())
  await clock.advance(second)
  expect(source.calls.map(({ patience }) => patience.maxWait)).toEqual([5 * second, 5 * second, 1.4 * second])
  await clock.advance(second)
  const message = `No token came within the timeout of 10000 ms. The previous attempt: ${down().message}`
  expect(await outcome(caller, clock)).toMatchObject({ code: 'ERR_TIMEOUT', message })
})
