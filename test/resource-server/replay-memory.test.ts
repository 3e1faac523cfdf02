import { expect, test } from 'vitest'
import { replayMemory } from '../../src/resource-server/dpop/replay-memory.ts'
import { manualClock } from '../../src/testing/index.ts'

const lifetime = 120_000

test('R39 a proof is used once, until it ends, and then let go', async () => {
  const clock = manualClock()
  const memory = replayMemory(clock, lifetime)
  const until = clock.wallTime() + lifetime
  expect(memory.use('a', until)).toBe(true)
  expect(memory.use('a', until)).toBe(false)
  expect(memory.use('b', until)).toBe(true)
  await clock.advance(lifetime - 1)
  expect(memory.use('a', until)).toBe(false)
  expect(clock.timers).toBe(1)
  await clock.advance(lifetime)
  // Nothing is left, and nothing waits; what has ended stays used all the same.
  expect(clock.timers).toBe(0)
  expect(memory.use('a', until)).toBe(false)
})

test('R39 when there are too many, none counts twice, and a proof that was just made still counts', async () => {
  const clock = manualClock()
  const memory = replayMemory(clock, lifetime, 100)
  const used: [string, number][] = []
  for (let at = 0; at < 1000; at++) {
    await clock.advance(100)
    const proof = [`proof ${at}`, clock.wallTime() + lifetime / 2] as [string, number]
    expect(memory.use(...proof)).toBe(true)
    used.push(proof)
  }
  for (const proof of used) expect(memory.use(...proof)).toBe(false)
  memory.close()
  expect(clock.timers).toBe(0)
})
