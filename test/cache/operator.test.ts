import { describe, expect, test } from 'vitest'
import { tokenRequest } from '../../src/token/token-request.ts'
import {
  codeOf,
  down,
  hour,
  life,
  minute,
  outcome,
  rateLimited,
  read,
  refused,
  second,
  setUp,
  write
} from './set-up.ts'

describe('refresh() by hand', () => {
  test('asks at once, whatever failures are remembered', async () => {
    const { clock, source, told, cache } = setUp()
    void outcome(cache.token(read), clock)
    await clock.advance(0)
    await source.last.fail(refused())
    await clock.advance(second)
    expect(codeOf(await outcome(cache.token(read), clock))).toBe('ERR_INVALID_CLIENT')
    const asked = cache.refresh(read)
    await clock.advance(0)
    expect(source.calls).toHaveLength(2)
    const token = await source.last.give()
    expect(await asked).toBe(token)
    expect(told.at(-1)).toMatchObject({ name: 'refreshed', event: { reason: 'asked' } })
    expect(cache.token(read)).toBe(token)
  })

  test('replaces a good token, which serves on until then and when it fails', async () => {
    const { clock, source, cache, warm } = setUp()
    const token = await warm()
    const failing = cache.refresh(read)
    await clock.advance(0)
    expect(cache.token(read)).toBe(token)
    await source.last.fail(refused())
    expect(codeOf(await outcome(failing, clock))).toBe('ERR_INVALID_CLIENT')
    expect(cache.token(read)).toBe(token)
    const asked = cache.refresh(read)
    await clock.advance(second)
    const next = await source.last.give()
    expect(await asked).toBe(next)
    expect(cache.token(read)).toBe(next)
  })

  test('asks at most once a second, and joins the flight that is under way', async () => {
    const { clock, source, cache, warm } = setUp()
    await warm()
    for (let asked = 0; asked < 50; asked += 1) {
      void outcome(cache.refresh(read), clock)
      await clock.advance(100)
      await source.last.give()
    }
    expect(source.calls.length).toBeLessThanOrEqual(1 + 5 + 1)
  })

  test('Q13 of a closed client is refused', async () => {
    const { cache } = setUp()
    cache.close()
    await expect(cache.refresh(read)).rejects.toMatchObject({ code: 'ERR_CLIENT_CLOSED' })
  })
})

describe('callers that wait', () => {
  test('are counted, for their key and in all', async () => {
    const { clock, source, cache } = setUp()
    const leaving = new AbortController()
    const asked = [
      cache.token(read),
      cache.token(read),
      cache.token(read, { maxWait: minute }),
      cache.token(write, { signal: leaving.signal })
    ]
    await clock.advance(0)
    expect(cache.health()).toMatchObject({ waiting: 4, tokens: [{ waiting: 3 }, { waiting: 1 }] })
    leaving.abort(new Error('left'))
    await clock.advance(0)
    expect(cache.health()).toMatchObject({ waiting: 3 })
    await source.calls[0]?.fail(rateLimited(20 * second))
    await clock.advance(0)
    // a caller with a long maxWait waits through the pause
    expect(cache.health()).toMatchObject({ waiting: 1, tokens: [{ waiting: 1 }, {}] })
    await clock.advance(minute)
    expect(cache.health().waiting).toBe(0)
    for (const call of asked) await outcome(call, clock)
  })

  test('are limited, and the next one gets an error at once', async () => {
    const { clock, source, cache } = setUp({ maxWaiting: 3 })
    const waiting = [1, 2, 3].map(() => Promise.resolve(cache.token(read)))
    const tooMany = await outcome(cache.token(write), clock)
    expect(tooMany).toMatchObject({ code: 'ERR_TOO_MANY_WAITING', transient: true })
    const token = await source.last.give()
    expect(await Promise.all(waiting)).toEqual([token, token, token])
    expect(codeOf(await outcome(cache.token(write), clock))).toBe('pending')
  })

  test('for a better token get the one at hand when there are too many', async () => {
    const { clock, source, cache, warm } = setUp({ maxWaiting: 1 })
    const token = await warm()
    clock.stepWallTime(life)
    const first = cache.token(read)
    expect(first).toBeInstanceOf(Promise)
    expect(cache.token(read)).toBe(token)
    await source.last.give()
    expect(await first).not.toBe(token)
  })
})

describe('what health() says', () => {
  test('since when, how often in a row, and when the last success was', async () => {
    const { clock, source, cache, warm } = setUp()
    const token = await warm()
    await clock.advance(0.8 * life - second)
    const since = clock.wallTime()
    await source.last.fail(down())
    while (source.calls.length < 3) await clock.advance(second)
    await source.last.fail(down())
    expect(cache.health().tokens[0]).toMatchObject({
      state: 'stale',
      failures: 2,
      failingSince: since,
      refreshedAt: token.obtainedAt,
      code: 'ERR_SERVER_ERROR'
    })
  })

  test('when the last success was, also after its token has expired', async () => {
    const { clock, source, cache, warm } = setUp()
    const { obtainedAt } = await warm(read, minute)
    await clock.advance(30 * second)
    cache.token(read)
    await clock.advance(minute)
    void outcome(cache.token(read), clock)
    await clock.advance(0)
    await source.last.fail(down())
    expect(cache.health().tokens[0]).toMatchObject({ state: 'failed', refreshedAt: obtainedAt })
    expect(cache.health().tokens[0]).not.toHaveProperty('expiresAt')
  })

  test('who has refused the token at hand', async () => {
    const { clock, cache, warm } = setUp()
    const token = await warm()
    await clock.advance(minute)
    void outcome(cache.token(read, { rejected: token, origin: 'https://orders.internal' }), clock)
    void outcome(cache.token(read, { rejected: token, origin: 'https://users.internal' }), clock)
    const rejectedBy = ['https://orders.internal', 'https://users.internal']
    expect(cache.health().tokens[0]).toMatchObject({ state: 'stale', rejectedBy })
    cache.invalidate(token)
    expect(cache.health().tokens[0]).toMatchObject({ rejectedBy: 'everybody' })
  })

  test('the state alone is the same as in the whole of it', async () => {
    const { clock, source, cache, warm } = setUp()
    const agree = () => {
      const state = cache.state()
      expect(cache.health().state).toBe(state)
      return state
    }
    expect(agree()).toBe('idle')
    void outcome(cache.token(read), clock)
    await clock.advance(0)
    expect(agree()).toBe('warming')
    await source.last.fail(refused())
    expect(agree()).toBe('failed')
    await clock.advance(hour)
    await warm(write)
    expect(agree()).toBe('fresh')
    await clock.advance(0.8 * life)
    expect(agree()).toBe('fresh')
    await source.last.fail(down())
    expect(agree()).toBe('stale')
    await clock.advance(0.2 * life)
    expect(agree()).toBe('failed')
    await clock.advance(hour)
    expect(agree()).toBe('idle')
    cache.close()
    expect(agree()).toBe('closed')
  })

  test('evicted keys are no longer counted', async () => {
    const { source, cache, warm } = setUp()
    await warm(read, hour)
    for (let index = 0; index < 10_000; index += 1) {
      const asked = cache.promise(tokenRequest({ scope: [`s${index}`] }))
      await source.last.give(24 * hour)
      await asked
    }
    expect(cache.state()).toBe('fresh')
    expect(cache.health().tokens).toHaveLength(10_000)
  })
})
