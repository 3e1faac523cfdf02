import { GlideClient, GlideClusterClient } from '@valkey/valkey-glide'
import { Redis as IoRedis, Cluster as IoRedisCluster } from 'ioredis'
import { Redis as IoValkey, Cluster as IoValkeyCluster } from 'iovalkey'
import { createClient, createCluster, createSentinel } from 'redis'
import type { RedisCommand } from '../../src/redis/index.ts'

export interface RedisClient {
  readonly command: RedisCommand
  close(): unknown
}

type Recipe = (ports: readonly number[]) => Promise<RedisClient>
type Recipes = Readonly<Record<string, Recipe>>

const host = '127.0.0.1'
const first = ([port = 0]: readonly number[]) => port
const addressesOf = (ports: readonly number[]) => ports.map((port) => ({ host, port }))

interface Calling {
  on(event: 'error', listener: () => void): unknown
  call(name: string, args: string[]): Promise<unknown>
  disconnect(): void
}

/** Clients that take the name of a command apart from its arguments. */
function calling(client: Calling): RedisClient {
  client.on('error', () => {}) // it connects again by itself
  return { command: (_key, [name = '', ...args]) => client.call(name, args), close: () => client.disconnect() }
}

/** How docs/fleet.md connects each client to one engine, to a master behind sentinels, and to a cluster. */
export const recipes: Readonly<Record<'single' | 'sentinel' | 'cluster', Recipes>> = {
  single: {
    async redis(ports) {
      const client = createClient({ url: `redis://${host}:${first(ports)}` })
      client.on('error', () => {})
      await client.connect()
      return { command: (_key, args) => client.sendCommand(args), close: () => client.destroy() }
    },
    ioredis: async (ports) => calling(new IoRedis(first(ports), host)),
    iovalkey: async (ports) => calling(new IoValkey(first(ports), host)),
    async '@valkey/valkey-glide'(ports) {
      const client = await GlideClient.createClient({ addresses: addressesOf(ports), requestTimeout: 5000 })
      return { command: (_key, args) => client.customCommand(args), close: () => client.close() }
    }
  },
  sentinel: {
    async redis(ports) {
      const client = createSentinel({ name: 'tokens', sentinelRootNodes: addressesOf(ports) })
      client.on('error', () => {})
      await client.connect()
      return { command: (_key, args) => client.sendCommand(false, args), close: () => client.destroy() }
    },
    ioredis: async (ports) => calling(new IoRedis({ name: 'tokens', sentinels: addressesOf(ports) })),
    iovalkey: async (ports) => calling(new IoValkey({ name: 'tokens', sentinels: addressesOf(ports) }))
  },
  cluster: {
    async redis(ports) {
      const client = createCluster({ rootNodes: ports.map((port) => ({ url: `redis://${host}:${port}` })) })
      client.on('error', () => {})
      await client.connect()
      return { command: (key, args) => client.sendCommand(key, false, args), close: () => client.destroy() }
    },
    ioredis: async (ports) => calling(new IoRedisCluster(addressesOf(ports))),
    iovalkey: async (ports) => calling(new IoValkeyCluster(addressesOf(ports))),
    async '@valkey/valkey-glide'(ports) {
      const client = await GlideClusterClient.createClient({ addresses: addressesOf(ports), requestTimeout: 2000 })
      return { command: (_key, args) => client.customCommand(args), close: () => client.close() }
    }
  }
}
