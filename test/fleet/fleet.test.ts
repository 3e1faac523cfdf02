import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasRedis, until } from '../stores/redis-server.ts'
import { type Cluster, startCluster } from './cluster.ts'
import { deployment } from './deployment.ts'
import { type Calls, fleet, p99, workers } from './fleet.ts'
import { tokenServer } from './token-server.ts'

const size = 50
const second = 1000
// Real processes and a real store share no clock with the test, so this runs in real time.
const deployed = deployment()

describe.skipIf(!hasRedis)('fifty processes of one service (redis-server is needed)', () => {
  test('that start at once make one token request, and exactly one for each later refresh, and no call fails', async () => {
    const [first, refreshed] = [await tokenServer(43_200), await tokenServer(10)]
    const all = await fleet(deployed.folder, size, { ...first, ...deployed }, { ...refreshed, ...deployed })
    const values = await Promise.all(all.map((one) => one.token()))
    expect([new Set(values).size, first.requests.length]).toEqual([1, 1])

    const runs = await Promise.all(all.map((one) => one.calls({ every: 200, during: 24 * second })))
    expect(runs.flat().reduce((sum, { failed }) => sum + failed, 0)).toBe(0)
    // Everybody has found the last token but one by the time at which the last one was asked for. One that was asked for twice would have been seen by some alone.
    const tokens = refreshed.given.slice(0, -1)
    expect(tokens.length).toBeGreaterThan(2)
    for (const [, calls] of runs) expect(calls?.seen.slice(0, tokens.length)).toEqual(tokens)
    expect(first.requests).toHaveLength(1)
  })

  test('lose a holder that is killed in flight, and make one request more', async () => {
    const server = await tokenServer(43_200)
    const all = await fleet(deployed.folder, size, { ...server, ...deployed })
    const asked = new Promise<void>((resolve) => server.answer(() => resolve()))
    const [holder, ...others] = all
    void holder?.token()
    await asked
    const waiting = others.map((one) => one.token())
    server.answer((_, give) => give())
    holder?.process.kill('SIGKILL')
    const values = await Promise.all(waiting)
    expect([new Set(values), server.requests.length]).toEqual([new Set(['token-1']), 2])
  })

  test('meet an outage of the authorization server with the attempts of one', async () => {
    const failing = async () => {
      const server = await tokenServer(43_200)
      server.answer((response) => response.writeHead(503).end())
      return { ...server, ...deployed }
    }
    // Pauses are drawn by chance, so one client alone tells little about how often one client asks.
    const alone = await Promise.all(Array.from({ length: 20 }, failing))
    const shared = await failing()
    const all = [...(await fleet(deployed.folder, 1, ...alone)), ...(await fleet(deployed.folder, size, shared))]
    const runs = (await Promise.all(all.map((one) => one.calls({ every: 100, during: 20 * second })))).flat()
    expect(runs.every(({ times, failed }) => failed === times.length)).toBe(true)
    const most = Math.max(...alone.map(({ requests }) => requests.length))
    expect(shared.requests.length).toBeLessThanOrEqual(most + 2)
  })
})

describe.skipIf(!hasRedis)('a store in trouble (redis-server is needed)', () => {
  let cluster: Cluster
  beforeAll(async () => {
    cluster = await startCluster()
  })
  afterAll(() => cluster.stop())

  /** Each lasts for three seconds, and then the cluster recovers. */
  const troubles: Readonly<Record<string, () => Promise<void>>> = {
    async stopped() {
      const { process } = await cluster.keeper()
      process.kill('SIGSTOP')
      await pause(3 * second)
      process.kill('SIGCONT')
    },
    async killed() {
      const keeper = await cluster.keeper()
      await keeper.kill()
      await pause(3 * second)
      await keeper.restart()
    },
    async full() {
      const limit = (bytes: string) => cluster.nodes.map((node) => node.ask('CONFIG', 'SET', 'maxmemory', bytes))
      await Promise.all(limit('1mb'))
      await pause(3 * second)
      await Promise.all(limit('0'))
    },
    'failed over': () => cluster.failOver()
  }

  test('that is stopped, killed, full and failed over in a loop costs no call under 1,000 a second', async () => {
    const instances = 10
    const every = 10
    const [sharing, alone] = [await tokenServer(5), await tokenServer(5)]
    const all = await fleet(deployed.folder, instances, { ...sharing, clusterPorts: cluster.ports }, alone)

    const running = Promise.all(all.map((one) => one.calls({ every })))
    for (let turn = 0; turn < 2; turn += 1) {
      for (const [what, trouble] of Object.entries(troubles)) {
        await trouble()
        await until(`the cluster that was ${what} is well`, cluster.isWell)
      }
    }
    for (const one of all) one.stop()
    const ill = byClient(await running)

    const asked = [sharing.requests.length, alone.requests.length]
    const well = byClient(await Promise.all(all.map((one) => one.calls({ every, during: 8 * second }))))
    const [shared = 0, single = 0] = [sharing, alone].map(
      ({ requests }, index) => requests.length - (asked[index] ?? 0)
    )

    const [p99Ill, p99Well] = [ill, well].map((runs) => runs.map((calls) => `${p99(calls).toFixed(2)} ms`))
    process.stdout.write(`p99 of getToken() with a store, and without one: in trouble ${p99Ill}, well ${p99Well}\n`)
    for (const calls of [...ill, ...well].flat()) expect(calls.failed).toBe(0)
    expect(ill[0]?.every(({ warnings }) => warnings.length > 0)).toBe(true) // everybody has met the trouble
    expect(shared).toBeLessThan(single / 4) // and the store is used again
  })

  /** What each client did, in all instances. The first client has the store. */
  function byClient(instances: readonly (readonly Calls[])[]): Calls[][] {
    return [0, 1].map((client) => instances.flatMap((clients) => clients[client] ?? []))
  }
})

describe('one host with a directory', () => {
  test.for([
    ['processes', fleet],
    ['worker threads', workers]
  ] as const)('eight %s that start at once make one token request', async ([, start]) => {
    const server = await tokenServer(43_200)
    const directory = await mkdtemp(join(tmpdir(), 'tokens-'))
    const all = await start(deployed.folder, 8, { ...server, directory })
    const values = await Promise.all(all.map((one) => one.token()))
    await rm(directory, { recursive: true })
    expect([new Set(values).size, server.requests.length]).toEqual([1, 1])
  })
})
