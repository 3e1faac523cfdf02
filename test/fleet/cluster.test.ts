import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { redisStore } from '../../src/redis/index.ts'
import { tokenStoreContract } from '../../src/testing/index.ts'
import { type RedisClient, recipes } from '../stores/redis-recipes.ts'
import { hasRedis } from '../stores/redis-server.ts'
import { type Cluster, startCluster } from './cluster.ts'
import { surviveFailover } from './failover-drill.ts'
import { type Replicated, startReplicated } from './sentinel.ts'

describe.skipIf(!hasRedis)('a cluster of three masters with a replica each (redis-server is needed)', () => {
  const clients = new Map<string, RedisClient>()
  let cluster: Cluster
  beforeAll(async () => {
    cluster = await startCluster()
    for (const [name, connect] of Object.entries(recipes.cluster)) clients.set(name, await connect(cluster.ports))
  })
  afterAll(async () => {
    for (const client of clients.values()) client.close()
    await cluster.stop()
  })

  describe.for(Object.keys(recipes.cluster))('%s', (name) => {
    test.for(tokenStoreContract(() => storeOf(clients.get(name))))('$name', ({ run }) => run())
  })

  test('failed over in a loop, it costs no call with a token and is used again, by each client', async () => {
    const commands = [...clients.values()].map(({ command }) => command)
    expect(commands).toHaveLength(4)
    await surviveFailover(commands, async () => {
      for (let turn = 0; turn < 2; turn += 1) await cluster.failOver()
    })
  })
})

describe.skipIf(!hasRedis)('a master and a replica behind a sentinel (redis-server is needed)', () => {
  const clients = new Map<string, RedisClient>()
  let replicated: Replicated
  beforeAll(async () => {
    replicated = await startReplicated()
    for (const [name, connect] of Object.entries(recipes.sentinel)) clients.set(name, await connect(replicated.ports))
  })
  afterAll(async () => {
    for (const client of clients.values()) client.close()
    await replicated.stop()
  })

  describe.for(Object.keys(recipes.sentinel))('%s', (name) => {
    test.for(tokenStoreContract(() => storeOf(clients.get(name))))('$name', ({ run }) => run())
  })

  test('S17 whose master dies, it costs no call with a token and is used again, by each client', async () => {
    const commands = [...clients.values()].map(({ command }) => command)
    expect(commands).toHaveLength(3)
    await surviveFailover(commands, () => replicated.loseMaster())
  })
})

function storeOf(client: RedisClient | undefined) {
  if (client === undefined) throw new Error('the client is not connected')
  return redisStore({ command: client.command })
}
