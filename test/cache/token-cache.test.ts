import { AsyncLocalStorage } from 'node:async_hooks'
import { describe, expect, test } from 'vitest'
import { tokenCache } from '../../src/cache/token-cache.ts'
import { ClientClosedError, TokenClientError } from '../../src/errors.ts'
import { manualClock } from '../../src/testing/index.ts'
import type { AccessToken } from '../../src/token/access-token.ts'
import { tokenRequest } from '../../src/token/token-request.ts'
import { scriptedSource } from '../support/scripted-source.ts'
import {
  codeOf,
  down,
  hour,
  life,
  minute,
  noSuchScope,
  outcome,
  rateLimited,
  read,
  refused,
  second,
  settles,
  setUp,
  write
} from './set-up.ts'

describe('one flight', () => {
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
    const cache = tokenCache({ source, clock, timeout: 10 * second, emit: () => {} })
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
    const message = `No token came within the timeout of 10000 ms. The attempt before: ${down().message}`
    expect(await outcome(caller, clock)).toMatchObject({ code: 'ERR_TIMEOUT', message })
  })
})

describe('the old token first', () => {
  test('a warm token is given in the same tick, without a promise', async () => {
    const { cache, warm } = setUp()
    const token = await warm()
    expect(cache.token(read)).toBe(token)
    expect(cache.promise(read)).toBe(cache.promise(read))
  })

  test('a key in use is refreshed ahead of need and nobody waits', async () => {
    const { clock, source, cache, warm } = setUp()
    const token = await warm()
    await clock.advance(0.8 * life)
    expect(source.calls).toHaveLength(2)
    expect(cache.token(read)).toBe(token)
    const next = await source.last.give()
    expect(cache.token(read)).toBe(next)
    expect(next.serial).toBeGreaterThan(token.serial)
  })

  test('an idle key is let go: no request until somebody asks, who gets the old token at once', async () => {
    const { clock, source, cache } = setUp()
    const first = Promise.resolve(cache.token(read))
    await clock.advance(0)
    const token = await source.last.give()
    await first
    await clock.advance(0.9 * life)
    expect(source.calls).toHaveLength(1)
    expect(cache.token(read)).toBe(token)
    await clock.advance(0)
    expect(source.calls).toHaveLength(2)
  })

  test('a pinned key is never idle', async () => {
    const { clock, source, cache } = setUp()
    cache.pin(read)
    void outcome(cache.token(read), clock)
    await clock.advance(0)
    await source.last.give()
    for (let refreshes = 2; refreshes <= 4; refreshes += 1) {
      await clock.advance(0.8 * life)
      expect(source.calls).toHaveLength(refreshes)
      await source.last.give()
    }
  })

  test('a pinned key is kept warm without calls, also when its tokens live for thirty seconds', async () => {
    const { clock, source, names, cache } = setUp()
    cache.pin(read)
    void outcome(cache.token(read), clock)
    await clock.advance(0)
    for (let refreshes = 1; refreshes <= 5; refreshes += 1) {
      expect(source.calls).toHaveLength(refreshes)
      await source.last.give(30 * second)
      await clock.advance(0.6 * 30 * second)
    }
    expect(names()).toEqual(Array(5).fill('refreshed'))
  })

  test('a failed refresh keeps the good token, and callers see nothing of it', async () => {
    const { clock, source, names, cache, warm } = setUp()
    const token = await warm()
    await clock.advance(0.8 * life)
    await source.last.fail(down())
    expect(cache.token(read)).toBe(token)
    expect(names()).toEqual(['refreshed', 'refresh-failed'])
  })

  test('a refresh that fails late is followed by the next as soon as its wait is over, though callers looked at nothing meanwhile', async () => {
    const { clock, source, cache, warm } = setUp({ random: 0 })
    await warm(read, 50 * second)
    await clock.advance(35 * second)
    for (let call = 0; call < 3; call += 1) expect(cache.token(read)).toMatchObject({ serial: 1 })
    await clock.advance(2 * second)
    await source.last.fail(down())
    expect(source.calls).toHaveLength(2)
    while (source.calls.length < 3 && clock.monotonicTime() < 45 * second) {
      expect(cache.token(read)).toMatchObject({ serial: 1 })
      await clock.advance(500)
    }
    expect(source.calls).toHaveLength(3)
  })

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

  test('Q19 a background refresh has one attempt and no unhandled rejection', async () => {
    const { clock, source, cache, warm } = setUp()
    await warm()
    await clock.advance(0.8 * life)
    await source.last.fail(down())
    await clock.advance(1 * second)
    expect(source.calls).toHaveLength(2)
    expect(cache.health().tokens[0]).toMatchObject({ state: 'stale', code: 'ERR_SERVER_ERROR' })
  })

  test('N3 during an outage the refresh is tried by what is left of the life, and recovers', async () => {
    const { clock, source, cache, warm } = setUp()
    const token = await warm()
    await clock.advance(0.8 * life - second)
    const waits: number[] = []
    for (let failures = 1; failures <= 3; failures += 1) {
      await source.last.fail(down())
      const [asked, failedAt] = [source.calls.length, clock.monotonicTime()]
      while (source.calls.length === asked) await clock.advance(second)
      waits.push((clock.monotonicTime() - failedAt) / second)
      expect(cache.token(read)).toBe(token)
    }
    expect(waits).toEqual([405, 387, 368])
    const next = await source.last.give()
    expect(cache.token(read)).toBe(next)
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

  test('the same token again keeps its serial and is not asked for faster and faster', async () => {
    const { clock, source, cache, warm } = setUp()
    const token = await warm(read, hour)
    await clock.advance(0.8 * hour - second)
    await source.last.give(0.2 * hour, token.value)
    expect((cache.token(read) as AccessToken).serial).toBe(token.serial)
    await clock.advance(0.2 * hour - 7.2 * second - 30 * second - 1)
    expect(source.calls).toHaveLength(2)
    await clock.advance(1)
    expect(source.calls).toHaveLength(3)
  })

  test('a life under a minute has no timed refresh: the first call after its moment starts it', async () => {
    const { clock, source, cache, warm } = setUp()
    const token = await warm(read, 30 * second)
    await clock.advance(20 * second)
    expect(source.calls).toHaveLength(1)
    expect(cache.token(read)).toBe(token)
    await clock.advance(0)
    expect(source.calls).toHaveLength(2)
  })

  test('T25 tokens of one second are asked for at most once a second', async () => {
    const { clock, source, cache } = setUp()
    for (let step = 0; step < 50; step += 1) {
      void outcome(cache.token(read), clock)
      await clock.advance(100)
      await source.last.give(second)
    }
    expect(source.calls.length).toBeLessThanOrEqual(6)
  })

  test('T25 the second between two flights counts from the start of the last, also of one that had to wait', async () => {
    const { clock, source, cache } = setUp()
    const flights: number[] = []
    for (let step = 0; step < 60; step += 1) {
      void outcome(cache.token(read), clock)
      await clock.advance(0)
      if (flights.length < source.calls.length) flights.push(clock.monotonicTime())
      await clock.advance(100)
      await source.last.give(700)
    }
    const gaps = flights.slice(1).map((at, index) => at - (flights[index] as number))
    expect(gaps.length).toBeGreaterThan(3)
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(second)
  })

  test('K11 a token whose end no timer has told in time is not given, and its end is told once', async () => {
    const { clock, names, cache, warm } = setUp({ early: -24 * hour })
    await warm(read, minute)
    await clock.advance(minute)
    expect(cache.token(read)).toBeInstanceOf(Promise)
    expect(cache.token(read)).toBeInstanceOf(Promise)
    expect(names()).toEqual(['refreshed', 'expired'])
  })
})

describe('failure memory', () => {
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

  test('maxWait waits through failures and new flights, and then gets the last error', async () => {
    const { clock, source, cache } = setUp()
    const patient = cache.token(read, { maxWait: 20 * second })
    const ending = outcome(patient, clock)
    const failing = setInterval(() => {}, 1 << 30)
    for (let moment = 0; moment < 19_900; moment += 100) {
      if (source.calls.length > 0) await source.last.fail(down())
      await clock.advance(100)
    }
    clearInterval(failing)
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

  test('the time that a caller gave stands in its error as it gave it', async () => {
    const { clock, cache } = setUp()
    const patient = cache.token(read, { maxWait: 3 * second })
    await clock.advance(3 * second)
    expect((await outcome(patient, clock)) as TokenClientError).toMatchObject({
      code: 'ERR_TIMEOUT',
      message: expect.stringContaining('within 3000 ms')
    })
  })

  test('flights of several keys that are refused together are one refusal: the wait does not grow with the keys', async () => {
    const { clock, source, told, cache } = setUp()
    const requests = Array.from({ length: 5 }, (_, index) => tokenRequest({ scope: [`s${index}`] }))
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

  /** A key whose rejected token of thirty seconds got no successor, but a refusal that holds for a minute. */
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

  test('I10 a key that nobody asks for is let go with its token', async () => {
    const { clock, cache } = await refusedInPlaceOfSuccessor()
    await clock.advance(28 * second)
    expect(cache.health().tokens).toHaveLength(1)
    await clock.advance(second)
    expect(cache.health().tokens).toHaveLength(0)
  })

  test('a permanent failure rejects at once, whatever maxWait says', async () => {
    const { clock, source, cache } = setUp()
    const patient = cache.token(read, { maxWait: hour })
    await clock.advance(0)
    await source.last.fail(refused())
    expect(codeOf(await outcome(patient, clock))).toBe('ERR_INVALID_CLIENT')
  })

  test('maxWait: 0 without a token rejects at once and leaves a flight behind', async () => {
    const { clock, source, cache } = setUp()
    const hasty = cache.token(read, { maxWait: 0 })
    expect(codeOf(await outcome(hasty, clock))).toBe('ERR_TIMEOUT')
    const token = await source.last.give()
    expect(cache.token(read, { maxWait: 0 })).toBe(token)
  })

  test('what a failed background refresh decided is void once the token has expired', async () => {
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
    const odd = () => new TokenClientError('ERR_MALFORMED_TOKEN', 'x', { transient: true, status: 200 })
    const requests = Array.from({ length: 16 }, (_, index) => tokenRequest({ scope: [`s${index}`] }))
    for (const request of requests) void outcome(cache.token(request), clock)
    await clock.advance(0)
    await Promise.all(source.calls.map((call) => call.fail(odd())))
    await clock.advance(400)
    expect(source.calls).toHaveLength(26)
  })
})

describe('a rejected token', () => {
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

  test('Q6 a late rejection of serial n never costs n+1', async () => {
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
})

describe('two clocks', () => {
  test('K1 a wall clock set back an hour keeps no token beyond its life', async () => {
    const { clock, source, cache, warm } = setUp()
    const token = await warm(read, hour)
    clock.stepWallTime(-hour)
    expect(cache.token(read)).toBe(token)
    await clock.advance(0.8 * hour - second)
    await source.last.fail(refused())
    await clock.advance(0.2 * hour - 1)
    expect(cache.token(read, { maxWait: 0 })).toBe(token)
    await clock.advance(1)
    expect(cache.token(read)).toBeInstanceOf(Promise)
  })

  test('K2 a wall clock set forward beyond the end makes the token suspect, with one refresh', async () => {
    const { clock, source, cache, warm } = setUp()
    await warm(read, hour)
    clock.stepWallTime(hour)
    const callers = Array.from({ length: 20 }, () => cache.token(read))
    await clock.advance(0)
    expect(source.calls).toHaveLength(2)
    const next = await source.last.give(hour)
    expect(new Set(await Promise.all(callers))).toEqual(new Set([next]))
    expect(cache.token(read)).toBe(next)
    expect(source.calls).toHaveLength(2)
  })

  test('K3 a wall clock that leaps a day and comes back costs at most one refresh', async () => {
    const { clock, source, cache, warm } = setUp()
    const token = await warm()
    clock.stepWallTime(24 * hour)
    void outcome(cache.token(read), clock)
    await clock.advance(0)
    await source.last.fail(refused())
    clock.stepWallTime(-24 * hour)
    expect(cache.token(read)).toBe(token)
    expect(source.calls).toHaveLength(2)
  })

  test('K10 a leap second and another time zone change nothing', async () => {
    const { clock, source, cache, warm } = setUp()
    const token = await warm()
    const zone = process.env.TZ
    for (const [step, moved] of [
      [second, 'Pacific/Kiritimati'],
      [-second, 'America/New_York']
    ] as const) {
      process.env.TZ = moved
      clock.stepWallTime(step)
      expect(cache.token(read)).toBe(token)
    }
    if (zone === undefined) delete process.env.TZ
    else process.env.TZ = zone
    expect(source.calls).toHaveLength(1)
    expect(cache.health().tokens[0]?.state).toBe('fresh')
  })

  test('K4 K5 P8 after a suspend that the monotonic clock slept through, the token is refreshed before use', async () => {
    const { clock, source, cache, warm } = setUp()
    await warm()
    clock.stepWallTime(13 * hour)
    const waiting = cache.token(read)
    await clock.advance(0)
    expect(source.calls).toHaveLength(2)
    const next = await source.last.give()
    expect(await waiting).toBe(next)
  })

  test('K11 a timer that fires late refreshes then, and callers of the same tick start no second flight', async () => {
    const { clock, source, cache, warm } = setUp()
    const token = await warm()
    clock.stepWallTime(0.9 * life)
    expect(cache.token(read)).toBe(token)
    expect(cache.token(read)).toBe(token)
    await clock.advance(0)
    expect(source.calls).toHaveLength(2)
  })

  test('K12 T32 one timer serves all keys and never sleeps longer than an hour', async () => {
    const delays: number[] = []
    const clock = manualClock()
    const measured = {
      ...clock,
      startTimer: (callback: () => void, delay: number) => {
        delays.push(delay)
        return clock.startTimer(callback, delay)
      }
    }
    const source = scriptedSource(clock)
    const cache = tokenCache({ source, clock: measured, timeout: 10 * second, emit: () => {} })
    for (const scope of ['a', 'b', 'c']) {
      const request = tokenRequest({ scope: [scope] })
      void outcome(cache.token(request), clock)
      await clock.advance(0)
      await source.last.give(24 * hour)
      await clock.advance(0)
      cache.token(request)
    }
    expect(clock.timers).toBe(1)
    await clock.advance(20 * hour)
    expect(Math.max(...delays)).toBeLessThanOrEqual(hour)
    expect(source.calls.length).toBeGreaterThan(3)
  })

  test('K13 life counts from before the request was sent', async () => {
    const { clock, source, cache } = setUp()
    void outcome(cache.token(read), clock)
    await clock.advance(4 * second)
    await source.last.give(20 * second)
    await clock.advance(16 * second)
    expect(cache.token(read)).toBeInstanceOf(Promise)
  })
})

describe('keys', () => {
  test('Q18 I10 the keys are bounded, the least recently used is let go, and a warning says so once', async () => {
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

  test('Q18 F2 who waits for a key that is pushed out meanwhile joins the flight of those who asked after it', async () => {
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
})

describe('close', () => {
  test('Q12 a caller whose credential is read again when the client closes starts no flight', async () => {
    const clock = manualClock()
    const source = Object.assign(scriptedSource(clock), { changed: () => new Promise<boolean>(() => {}) })
    const cache = tokenCache({ source, clock, timeout: 10 * second, emit() {} })
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

  test('a caller in the pause between two flights leaves with the close', async () => {
    const { clock, source, cache } = setUp()
    const patient = cache.token(read, { maxWait: hour })
    await clock.advance(0)
    await source.last.fail(rateLimited(minute))
    cache.close()
    expect(await outcome(patient, clock)).toBeInstanceOf(ClientClosedError)
    expect(clock.timers).toBe(0)
  })
})
