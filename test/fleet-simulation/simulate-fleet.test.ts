import { expect, test } from 'vitest'
import { simulateFleet } from '../../src/fleet/index.ts'

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

/** The worst seconds of the rollout, the first and the third round, from a simulation without this library. */
const published = [
  { instances: 100, rollout: minute, boot: 5, first: 1, third: 1 },
  { instances: 10_000, rollout: minute, boot: 211, first: 9, third: 8 },
  { instances: 100_000, rollout: minute, boot: 1700, first: 36, third: 28 }
]

test.for(published)('a rollout of $instances instances has the peaks that were simulated elsewhere', (expected) => {
  const { instances, rollout } = expected
  const { peaks, mean } = simulateFleet({ instances, rollout, duration: 2 * day })
  const near = (value: number) => [value * 0.75 - 2, value * 1.25 + 2] as const
  for (const [round, value] of [
    [0, expected.boot],
    [1, expected.first],
    [3, expected.third]
  ] as const) {
    const [least, most] = near(value)
    expect(peaks[round]).toBeGreaterThanOrEqual(least)
    expect(peaks[round]).toBeLessThanOrEqual(most)
  }
  const steady = instances / (0.8 * 12 * 3600)
  expect(mean / steady).toBeGreaterThan(0.85)
  expect(mean / steady).toBeLessThan(1.15)
})

test('the wide first draw lowers the first round alone', () => {
  const fleet = { instances: 100_000, duration: 2 * day }
  const present = simulateFleet(fleet)
  const wide = simulateFleet({ ...fleet, draw: 'wide' })
  expect(wide.peaks[0]).toBe(present.peaks[0])
  expect(wide.peaks[1]).toBeLessThan((present.peaks[1] ?? 0) / 2)
})

test('with a store one request serves all, and one more each refresh', () => {
  const { requests, peaks } = simulateFleet({ instances: 10_000, store: {}, duration: 30 * hour })
  expect([requests, Math.max(...peaks)]).toEqual([4, 1])
})

test('each shard of a store asks once, and no shard of a million instances sees a thousand commands a second', () => {
  const { peaks, storePeak } = simulateFleet({ instances: 1_000_000, store: { shards: 64 }, duration: 11 * hour })
  expect(peaks[0]).toBe(64)
  expect(storePeak).toBeLessThanOrEqual(1000)
})

test('an outage that is shorter than what is left of every token costs no call', () => {
  const fleet = { instances: 1000, lifetime: hour, duration: 4 * hour }
  const short = simulateFleet({ ...fleet, outage: { at: 2 * hour, duration: 5 * minute } })
  const long = simulateFleet({ ...fleet, outage: { at: 2 * hour, duration: 50 * minute } })
  expect(short.tokenLosses).toBe(0)
  expect(long.tokenLosses).toBeGreaterThan(500)
})

test('an outage sees the attempts of one where there is a store', () => {
  const outage = { at: 0, duration: 10 * minute }
  const fleet = { lifetime: hour, duration: 20 * minute, outage, store: {} }
  const ofOne = simulateFleet({ ...fleet, instances: 1 }).requests
  const ofMany = simulateFleet({ ...fleet, instances: 500 }).requests
  expect(ofMany).toBeLessThanOrEqual(ofOne * 1.5)
})

test('the same seed gives the same result', () => {
  const run = (seed: number) => simulateFleet({ instances: 1000, seed, duration: day }).perSecond
  expect(run(7)).toEqual(run(7))
  expect(run(7)).not.toEqual(run(8))
})

test.for([
  [{}, 'instances must be a number, but is undefined'],
  [{ instances: 0 }, 'instances is out of range'],
  [{ instances: 1.5 }, 'instances is out of range'],
  [{ instances: 3_000_000 }, 'instances is out of range'],
  [{ instances: 1, lifetime: 1 }, 'lifetime is out of range'],
  [{ instances: 1, draw: 'narrow' }, 'draw must be one of present, wide'],
  [{ instances: 1, capacity: 0 }, 'capacity is out of range'],
  [{ instances: 1, store: { shards: 0 } }, 'store.shards is out of range'],
  [{ instances: 1, outage: { from: 1 } }, 'from is not an option'],
  [{ instances: 1, size: 2 }, 'size is not an option']
] as const)('wrong options are named: %j', ([options, message]) => {
  expect(() => simulateFleet(options as never)).toThrow(message)
})
