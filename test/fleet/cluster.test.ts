import { GlideClusterClient } from '@valkey/valkey-glide'
import { Cluster as IoCluster } from 'ioredis'
import { createCluster } from 'redis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RedisCommand, redisStore } from '../../src/redis/index.ts'
import { manualClock, type TokenStore, tokenStoreContract } from '../../src/testing/index.ts'
import { createTokenClient } from '../../src/token-client.ts'
import { hasRedis } from '../stores/redis-server.ts'
import { type Cluster, startCluster } from './cluster.ts'
import { tokenServer } from './token-server.ts'

interface Client {
  readonly command: RedisCommand
  close(): unknown
}

/** The recipes of docs/fleet.md. */
const clients: Readonly<Record<string, (ports: readonly number[]) => Promise<Client>>> = {
  async redis(ports) {
    const client = createCluster({ rootNodes: ports.map((port) => ({ url: `redis://127.0.0.1:${port}` })) })
    client.on('error', () => {})
    await client.connect()
    return { command: (key, args) => client.sendCommand(key, false, args), close: () => client.destroy() }
  },
  async ioredis(ports) {
    const client = new IoCluster(ports.map((port) => ({ host: '127.0.0.1', port })))
    return { command: (_key, [name = '', ...args]) => client.call(name, args), close: () => client.disconnect() }
  },
  async '@valkey/valkey-glide'(ports) {
    const addresses = ports.map((port) => ({ host: '127.0.0.1', port }))
    const client = await GlideClusterClient.createClient({ addresses, requestTimeout: 2000 })
    return { command: (_key, args) => client.customCommand(args), close: () => client.close() }
  }
}

describe.skipIf(!hasRedis)('a cluster of three masters with a replica each (redis-server is needed)', () => {
  let cluster: Cluster
  beforeAll(async () => {
    cluster = await startCluster()
  })
  afterAll(() => cluster.stop())

  describe.for(Object.entries(clients))('%s', ([, connect]) => {
    let client: Client
    beforeAll(async () => {
      client = await connect(cluster.nodes.map(({ port }) => port))
    })
    afterAll(() => client.close())

    test.for(tokenStoreContract(() => redisStore({ command: client.command })))('$name', ({ run }) => run())

    test('failed over in a loop, it costs no call with a token', async () => {
      const server = await tokenServer(43_200)
      const clock = manualClock()
      const store: TokenStore = redisStore({ command: client.command })
      const { tokenEndpoint } = server
      const settings = { tokenEndpoint, clientId: 'orders', clientSecret: 'secret', store }
      const sealingKey = Buffer.alloc(32, tokenEndpoint).toString('base64')
      await using tokens = createTokenClient({ ...settings, sealingKey, clock })
      await tokens.getToken()
      let calls = 0
      let over = false
      const failing = (async () => {
        for (let turn = 0; turn < 2; turn += 1) await cluster.failOver()
        over = true
      })()
      while (!over) {
        await clock.advance(60_000) // a refresh each ten hours, whatever the cluster does meanwhile
        await tokens.getToken()
        calls += 1
      }
      await failing
      expect(calls).toBeGreaterThan(10)
    })
  })
})
