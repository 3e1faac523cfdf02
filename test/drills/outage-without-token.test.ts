import { expect, test } from 'vitest'
import { granted, heldRoad, unreachable } from '../support/held-road.ts'

const second = 1000
const runs = 60

interface Recovery {
  /** Seconds from the end of the outage to the first token. */
  readonly waited: number
  /** Token requests that the server failed to answer. */
  readonly requests: number
}

/** No token and no server for so many seconds, while somebody waits. */
async function recoveryFrom(outage: number, seed: number): Promise<Recovery> {
  const { tokens, clock, requests, moment } = heldRoad(
    (at) => (at < outage ? unreachable() : granted(43_200)),
    {},
    seed
  )
  let cameAt: number | undefined
  tokens.getToken({ maxWait: 3600 * second }).then(() => {
    cameAt = moment()
  })
  await clock.advance((outage + 60) * second)
  return { waited: (cameAt ?? Number.POSITIVE_INFINITY) - outage, requests: requests.length - 1 }
}

test.each([
  { outage: 60, median: 3, worst: 6, requests: 32 },
  { outage: 400, median: 8, worst: 20, requests: 100 }
])('drill: an outage of $outage s without a token is over soon after its end', async (allowed) => {
  const seeds = Array.from({ length: runs }, (_, index) => index + 1)
  const recoveries = await Promise.all(seeds.map((seed) => recoveryFrom(allowed.outage, seed)))
  const waits = recoveries.map(({ waited }) => waited).sort((a, b) => a - b)
  const requests = recoveries.map((recovery) => recovery.requests).sort((a, b) => a - b)
  expect(waits[runs / 2]).toBeLessThanOrEqual(allowed.median)
  expect(waits.at(-1)).toBeLessThanOrEqual(allowed.worst)
  expect(requests[runs / 2]).toBeLessThanOrEqual(allowed.requests)
})
