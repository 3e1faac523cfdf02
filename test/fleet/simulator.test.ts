import type { ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { type FleetOptions, simulateFleet } from '../../src/fleet/index.ts'
import { hasRedis } from '../stores/redis-server.ts'
import { deployment } from './deployment.ts'
import { fleet } from './fleet.ts'
import { type TokenServer, tokenServer } from './token-server.ts'

const second = 1000
const instances = 50
const plan = { rollout: 2 * second, lifetime: 10 * second, duration: 25 * second }
const outage = { at: 12 * second, duration: 6 * second }
const shards = 5
const every = 100
/** The simulator supposes that an attempt fails so many milliseconds after it was due. */
const fetchTime = 200
const seeds = Array.from({ length: 40 }, (_, index) => index + 1)

/** The token requests of fifty instances, on average over many runs. */
function simulated(fleet: Omit<FleetOptions, 'instances'>): number {
  return average(seeds.map((seed) => simulateFleet({ ...plan, ...fleet, instances, seed }).requests))
}

function average(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0) / counts.length
}

// Real processes share no clock with the test, so this runs in real time.
const deployed = deployment()

describe.skipIf(!hasRedis)('the fleet simulator beside fifty processes (redis-server is needed)', () => {
  test('the token requests of both are the same within ten per cent: without a store, with an outage, with a store', async () => {
    // Chance decides how often a fleet tries in an outage, so there are two fleets of that kind.
    const [alone, shared, ...failing] = await Promise.all([life(), life(), life(), life()])
    const store = { ...shared, redisPort: deployed.redisPort, shards }
    const all = await fleet(deployed.folder, instances, alone, ...failing, store)
    const began = performance.now()
    for (const one of failing) one.answer(failsWhile(() => isDown(performance.now() - began)))
    const running = all.map(async (one, index) => {
      const after = (plan.rollout * index) / instances
      await pause(after)
      await one.calls({ every, during: plan.duration - after })
    })
    await Promise.all(running)
    const count = ({ requests }: TokenServer) => requests.filter((at) => at - began < plan.duration).length
    const totals = [[alone], failing, [shared]].map((servers) => average(servers.map(count)))
    const expected = [simulated({}), simulated({ outage }), simulated({ store: { shards } })]
    const shares = totals.map((total, index) => total / (expected[index] ?? Number.NaN))
    process.stdout.write(`fifty processes: ${totals} requests, simulated: ${expected}\n`)
    for (const share of shares) expect(share).toBeGreaterThanOrEqual(0.9)
    for (const share of shares) expect(share).toBeLessThanOrEqual(1.1)
  })
})

function life() {
  return tokenServer(plan.lifetime / second)
}

function isDown(moment: number): boolean {
  return moment >= outage.at && moment < outage.at + outage.duration
}

/** In an outage the next attempt follows the failure, so that comes when the simulated one does: an attempt waits for a call, and then for the answer. */
function failsWhile(isDown: () => boolean) {
  return async (response: ServerResponse, give: () => void) => {
    if (!isDown()) return give()
    await pause(fetchTime - every / 2)
    response.writeHead(503).end()
  }
}
