import { expect, test } from 'vitest'
import { ReplayMemory } from '../../src/resource-server/dpop/replay-memory.ts'
import { manualClock } from '../../src/testing/index.ts'

const lifetime = 120_000

test('R39 a proof can be used once, and is forgotten after its end', async () => {
  const clock = manualClock()
  const memory = new ReplayMemory(clock, lifetime)
  const until = clock.wallTime() + lifetime
  expect(memory.use('a', until)).toBe(true)
  expect(memory.use('a', until)).toBe(false)
  expect(memory.use('b', until)).toBe(true)
  await clock.advance(lifetime - 1)
  expect(memory.use('a', until)).toBe(false)
  expect(clock.timers).toBe(1)
  await clock.advance(lifetime)
  // No entry and no timer is left, and the expired proof is still refused.
  expect(clock.timers).toBe(0)
  expect(memory.use('a', until)).toBe(false)
})

test('R39 even with too many proofs, none is accepted twice, and a new proof is still accepted', async () => {
  const clock = manualClock()
  const memory = new ReplayMemory(clock, lifetime, 100)
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

test('R39 a clock that was ahead and is set right refuses no new proof, and the used ones stay used', async () => {
  const clock = manualClock()
  const memory = new ReplayMemory(clock, lifetime)
  const hour = 3_600_000
  const useNow = (id: string) => memory.use(id, clock.wallTime() + lifetime / 2)
  const later = clock.wallTime() + hour + lifetime / 2
  expect(useNow('before')).toBe(true)
  clock.stepWallTime(hour)
  expect(memory.use('ahead', later)).toBe(true)
  await clock.advance(2 * lifetime)
  expect(clock.timers).toBe(0) // all of them have ended
  clock.stepWallTime(-hour)
  for (let call = 0; call < 100; call += 1) {
    expect(useNow(`right ${call}`)).toBe(true)
    await clock.advance(call < 50 ? 1000 : 4 * lifetime) // first busy, then idle
  }
  expect(memory.use('ahead', later)).toBe(false)
})
