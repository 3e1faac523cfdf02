import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BuiltPackage, buildPackage } from '../house/package.ts'
import { hasRedis, type RedisServer, startRedis } from '../stores/redis-server.ts'
import { fleet, p99, workers } from './fleet.ts'
import { tokenServer } from './token-server.ts'

const size = 50
const second = 1000

describe.skipIf(!hasRedis)('fifty processes of one service (redis-server is needed)', () => {
  let built: BuiltPackage
  let redis: RedisServer
  beforeAll(async () => {
    built = await buildPackage()
    redis = await startRedis()
  })
  afterAll(async () => {
    await redis.stop()
    await built[Symbol.asyncDispose]()
  })

  test('that start at once make one token request', async () => {
    const server = await tokenServer(43_200)
    const all = await fleet(built.folder, size, { ...server, redisPort: redis.port })
    const values = await Promise.all(all.map((one) => one.token()))
    expect([new Set(values).size, server.requests.length]).toEqual([1, 1])
  })

  test('make one token request for each later refresh, and no call fails', async () => {
    const life = 10
    const server = await tokenServer(life)
    const all = await fleet(built.folder, size, { ...server, redisPort: redis.port })
    const runs = await Promise.all(all.map((one) => one.calls({ every: 200, during: 24 * second })))
    const gaps = server.requests.slice(1).map((at, index) => at - (server.requests[index] ?? 0))
    expect(runs.reduce((sum, { failed }) => sum + failed, 0)).toBe(0)
    // Nobody draws a moment before half of the life that is left; a second request for one refresh would come at once.
    expect(Math.min(...gaps)).toBeGreaterThan(2 * second)
    expect(server.requests.length).toBeGreaterThan(2)
  })

  test('lose a holder that is killed in flight, and make one request more', async () => {
    const server = await tokenServer(43_200)
    const all = await fleet(built.folder, size, { ...server, redisPort: redis.port })
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
    const attempts = async (instances: number) => {
      const server = await tokenServer(43_200)
      server.answer((response) => response.writeHead(503).end())
      const all = await fleet(built.folder, instances, { ...server, redisPort: redis.port })
      const runs = await Promise.all(all.map((one) => one.calls({ every: 100, during: 20 * second })))
      expect(runs.every(({ times, failed }) => failed === times.length)).toBe(true)
      return server.requests.length
    }
    const ofOne = await attempts(1)
    const ofFifty = await attempts(size)
    expect(ofFifty).toBeLessThanOrEqual(ofOne + 2)
  })
})

describe.skipIf(!hasRedis)('a store in trouble (redis-server is needed)', () => {
  let built: BuiltPackage
  beforeAll(async () => {
    built = await buildPackage()
  })
  afterAll(() => built[Symbol.asyncDispose]())

  const troubles: Readonly<Record<string, (server: RedisServer) => void>> = {
    'is stopped': ({ process }) => void process.kill('SIGSTOP'),
    'is killed': ({ process }) => void process.kill('SIGKILL')
  }

  test.for(Object.entries(troubles))('that %s costs no call under 1,000 a second', async ([what, trouble]) => {
    const instances = 10
    const plan = { every: 10, during: 6 * second }
    const redis = await startRedis()
    const server = await tokenServer(5)
    const all = await fleet(built.folder, instances, { ...server, redisPort: redis.port })
    const well = await Promise.all(all.map((one) => one.calls(plan)))
    trouble(redis)
    const ill = await Promise.all(all.map((one) => one.calls(plan)))
    await redis.stop()
    const failed = [...well, ...ill].reduce((sum, run) => sum + run.failed, 0)
    const report = `p99 of getToken() ${p99(well).toFixed(2)} ms before, ${p99(ill).toFixed(2)} ms meanwhile`
    process.stdout.write(`a store that ${what}: ${report}\n`)
    expect(failed).toBe(0)
  })

  test('that is full costs no call', async () => {
    const redis = await startRedis('--maxmemory', '1mb', '--maxmemory-policy', 'noeviction')
    const server = await tokenServer(5)
    const all = await fleet(built.folder, 10, { ...server, redisPort: redis.port })
    const runs = await Promise.all(all.map((one) => one.calls({ every: 10, during: 6 * second })))
    await redis.stop()
    process.stdout.write(`a store that is full: p99 of getToken() ${p99(runs).toFixed(2)} ms meanwhile\n`)
    expect(runs.reduce((sum, { failed }) => sum + failed, 0)).toBe(0)
  })
})

describe('one host with a directory', () => {
  let built: BuiltPackage
  beforeAll(async () => {
    built = await buildPackage()
  })
  afterAll(() => built[Symbol.asyncDispose]())

  test.for([
    ['processes', fleet],
    ['worker threads', workers]
  ] as const)('eight %s that start at once make one token request', async ([, start]) => {
    const server = await tokenServer(43_200)
    const directory = await mkdtemp(join(tmpdir(), 'tokens-'))
    const all = await start(built.folder, 8, { ...server, directory })
    const values = await Promise.all(all.map((one) => one.token()))
    await rm(directory, { recursive: true })
    expect([new Set(values).size, server.requests.length]).toEqual([1, 1])
  })
})
