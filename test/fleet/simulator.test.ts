import type { ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { type FleetOptions, simulateFleet } from '../../src/fleet/index.ts'
import { hasRedis } from '../stores/redis-server.ts'
import { deployment } from './deployment.ts'
import { fleet } from './fleet.ts'
import { tokenServer } from './token-server.ts'

const second = 1000
const instances = 50
const plan = { rollout: 2 * second, lifetime: 10 * second, duration: 25 * second }
const outage = { at: 12 * second, duration: 6 * second }
const shards = 5
const seeds = Array.from({ length: 40 }, (_, index) => index + 1)

/** The token requests of fifty instances, on average over many runs. */
function simulated(fleet: Omit<FleetOptions, 'instances'>): number {
  const totals = seeds.map((seed) => simulateFleet({ ...plan, ...fleet, instances, seed }).requests)
  return totals.reduce((sum, total) => sum + total, 0) / totals.length
}

// Real processes share no clock with the test, so this runs in real time.
const deployed = deployment()

describe.skipIf(!hasRedis)('the fleet simulator beside fifty processes (redis-server is needed)', () => {
  test('the token requests of both are the same within ten per cent: without a store, with an outage, with a store', async () => {
    const [alone, failing, shared] = await Promise.all([life(), life(), life()])
    const store = { ...shared, redisPort: deployed.redisPort, shards }
    const all = await fleet(deployed.folder, instances, alone, failing, store)
    const began = performance.now()
    failing.answer((response, give) => (isDown(performance.now() - began) ? refuse(response) : give()))
    const running = all.map(async (one, index) => {
      const after = (plan.rollout * index) / instances
      await pause(after)
      await one.calls({ every: 100, during: plan.duration - after })
    })
    await Promise.all(running)
    const totals = [alone, failing, shared].map(({ requests }) => requests.filter((at) => at - began < plan.duration))
    const expected = [simulated({}), simulated({ outage }), simulated({ store: { shards } })]
    const shares = totals.map(({ length }, index) => length / (expected[index] ?? Number.NaN))
    process.stdout.write(`fifty processes: ${totals.map(({ length }) => length)} requests, simulated: ${expected}\n`)
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

function refuse(response: ServerResponse): void {
  response.writeHead(503).end()
}
