import { describe, expect, test } from 'vitest'
import {
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
  type Told,
  write
} from './set-up.ts'

describe('the events of a flight', () => {
  test('the first token, one after an end, and how long the flight took', async () => {
    const { clock, source, told, cache } = setUp()
    void outcome(cache.token(read), clock)
    await clock.advance(200)
    await source.last.give(30 * second)
    void cache.token(read)
    await clock.advance(30 * second)
    void outcome(cache.token(read), clock)
    await clock.advance(300)
    await source.last.give()
    expect(told).toMatchObject([
      { name: 'refreshed', event: { reason: 'first', duration: 200, attempts: 1 } },
      { name: 'expired', event: { serial: 1 } },
      { name: 'refreshed', event: { reason: 'expired', duration: 300, attempts: 1 } }
    ])
  })

  test('the duration of a flight does not include the pause before it', async () => {
    const { clock, source, told, cache } = setUp()
    void outcome(cache.token(read), clock)
    await clock.advance(200)
    await source.last.give(700)
    void cache.token(read)
    await clock.advance(500)
    void outcome(cache.token(read), clock)
    await clock.advance(300)
    expect(source.calls).toHaveLength(2)
    await clock.advance(100)
    await source.last.give()
    expect(told.at(-1)).toMatchObject({ name: 'refreshed', event: { duration: 100 } })
  })

  test('T73 a refused token that comes again is a transient failure', async () => {
    const { clock, source, told, cache, warm } = setUp()
    const token = await warm()
    cache.invalidate(token)
    await clock.advance(0)
    await source.last.give(life, token.value)
    expect(told.at(-1)).toMatchObject({
      name: 'refresh-failed',
      event: { error: { code: 'ERR_SAME_TOKEN', transient: true }, nextAttemptAt: clock.wallTime() + 30 * second }
    })
  })

  test('a source that throws something of its own is a transient failure', async () => {
    const { clock, source, cache } = setUp()
    const asked = cache.token(read)
    await clock.advance(0)
    await source.last.fail(new RangeError('x'))
    expect(await outcome(asked, clock)).toMatchObject({
      code: 'ERR_NETWORK',
      transient: true,
      cause: { name: 'RangeError' }
    })
  })
})

describe('callers that leave', () => {
  test('a flight that everybody has left makes no further attempt', async () => {
    const { clock, source, cache } = setUp()
    const leaving = new AbortController()
    const patiences = [{ maxWait: 0 }, { maxWait: second }, { signal: leaving.signal }]
    for (const patience of patiences) void outcome(cache.token(read, patience), clock)
    await clock.advance(second)
    leaving.abort()
    await clock.advance(0)
    await source.last.fail(down())
    await clock.advance(second)
    expect(source.calls).toHaveLength(1)
  })

  test('a flight that one caller still waits for tries again', async () => {
    const { clock, source, cache } = setUp()
    void outcome(cache.token(read), clock)
    void outcome(cache.token(read, { maxWait: second }), clock)
    await clock.advance(second)
    await source.last.fail(down())
    await clock.advance(second)
    expect(source.calls).toHaveLength(2)
  })

  test('Q5 a caller that leaves during a pause of the server leaves no timer behind', async () => {
    const { clock, source, cache } = setUp()
    const leaving = new AbortController()
    const asked = cache.token(read, { maxWait: hour, signal: leaving.signal })
    await clock.advance(0)
    await source.last.fail(rateLimited(minute))
    const before = clock.timers
    leaving.abort(new Error('left'))
    expect(await outcome(asked, clock)).toMatchObject({ message: 'left' })
    expect(clock.timers).toBe(before - 2)
  })

  test('F3 what is left to wait counts from when the caller gets the error, not from when the server gave it', async () => {
    const { clock, source, cache } = setUp()
    const asked = cache.token(read, { maxWait: 3 * second })
    await clock.advance(0)
    await source.last.fail(rateLimited(30 * second))
    await clock.advance(3 * second)
    const [late, next] = [await outcome(asked, clock), await outcome(cache.token(read), clock)]
    expect(late).toMatchObject({ code: 'ERR_RATE_LIMITED', retryAfter: 42 * second })
    expect(next).toMatchObject({ retryAfter: 42 * second })
  })

  test('I4 a request that waits for the gap between two flights does not leave during a pause that the server has asked for meanwhile', async () => {
    const { clock, source, cache } = setUp()
    const first = cache.promise(read)
    await clock.advance(0)
    await source.last.give()
    cache.invalidate(await first)
    void outcome(cache.token(read, { maxWait: minute }), clock)
    void outcome(cache.token(write), clock)
    await clock.advance(0)
    await source.last.fail(rateLimited(10 * second))
    const before = source.calls.length
    await clock.advance(9 * second)
    expect(source.calls).toHaveLength(before)
    await clock.advance(15 * second)
    expect(source.calls).toHaveLength(before + 1)
  })

  test('P8 a process that stood still between two attempts sends no other one after the deadline', async () => {
    const { clock, source, cache } = setUp({ early: -20 * second })
    const asked = cache.token(read)
    await clock.advance(0)
    await source.last.fail(down())
    await clock.advance(minute)
    expect(source.calls).toHaveLength(1)
    expect(await outcome(asked, clock)).toMatchObject({ code: 'ERR_SERVER_ERROR' })
  })

  test('F3 an old refusal of the client does not make another key forget its failures and be asked for every second', async () => {
    const { clock, source, told, cache } = setUp({ random: 0.999 })
    void outcome(cache.token(write), clock)
    await clock.advance(0)
    await source.last.fail(refused())
    await clock.advance(hour)
    void outcome(cache.token(read, { maxWait: 10 * minute }), clock)
    const end = clock.monotonicTime() + 5 * minute
    while (clock.monotonicTime() < end) {
      await clock.advance(0)
      await source.last.fail(down())
      await clock.advance(second)
    }
    expect(told.length).toBeLessThan(45)
  })

  test('N4 a long outage without a token is asked about every twenty seconds, a short one every other second', async () => {
    const { clock, source, told, cache } = setUp({ random: 0.999 })
    await clock.advance(hour)
    void outcome(cache.token(read, { maxWait: hour }), clock)
    const waits: number[] = []
    while (clock.monotonicTime() < hour + 15 * minute) {
      await clock.advance(0)
      const before = told.length
      await source.last.fail(down())
      const failed = told[before] as Told<'refresh-failed'> | undefined
      if (failed !== undefined) waits.push(failed.event.nextAttemptAt - clock.wallTime())
      await clock.advance(second)
    }
    expect(waits[0]).toBeCloseTo(2 * second, -2)
    expect(waits.at(-1)).toBeCloseTo(20 * second, -2)
    expect(Math.max(...waits)).toBeLessThanOrEqual(20 * second)
  })
})
