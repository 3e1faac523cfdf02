import { expect, test } from 'vitest'
import { down, life, read, second, setUp } from './set-up.ts'

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
