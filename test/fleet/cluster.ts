import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { freePort, type RedisServer, startRedis, until } from '../stores/redis-server.ts'

const run = promisify(execFile)

export interface Cluster {
  /** Three masters and a replica of each. */
  readonly nodes: readonly RedisServer[]
  readonly ports: readonly number[]
  /** The master that keeps this fleet's tokens, as soon as there are any. */
  keeper(): Promise<RedisServer>
  /** Every node is there, and each master has its replica. */
  isWell(): Promise<boolean>
  /** Makes every replica a master, and its master a replica. */
  failOver(): Promise<void>
  stop(): Promise<void>
}

export async function startCluster(): Promise<Cluster> {
  const nodes = await Promise.all(Array.from({ length: 6 }, startNode))
  const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`)
  await run('redis-cli', ['--cluster', 'create', ...addresses, '--cluster-replicas', '1', '--cluster-yes'])
  const isWell = async () => (await Promise.all(nodes.map(isReady))).every(Boolean)
  await until('the cluster is ready', isWell)
  return {
    nodes,
    ports: nodes.map(({ port }) => port),
    isWell,
    async keeper() {
      const keepers: RedisServer[] = []
      await until('a master keeps a token', async () => {
        for (const node of nodes) if ((await isMaster(node)) && Number(await node.ask('DBSIZE')) > 0) keepers.push(node)
        return keepers.length > 0
      })
      return keepers[0] as RedisServer
    },
    async failOver() {
      for (const node of nodes) {
        if (await isMaster(node)) continue
        const isRisen = async () => {
          if (await isMaster(node)) return true
          await node.ask('CLUSTER', 'FAILOVER', 'FORCE') // which can be lost in an election: it is asked for again
          return false
        }
        await until('the replica is a master', isRisen, 500)
      }
    },
    stop: async () => void (await Promise.all(nodes.map((node) => node.stop())))
  }
}

async function startNode(): Promise<RedisServer> {
  const bus = ['--cluster-port', `${await freePort()}`]
  return startRedis('--cluster-enabled', 'yes', '--cluster-node-timeout', '1000', ...bus)
}

async function isMaster(node: RedisServer): Promise<boolean> {
  return (await node.ask('INFO', 'replication')).includes('role:master')
}

async function isReady(node: RedisServer): Promise<boolean> {
  const replication = await node.ask('INFO', 'replication')
  const isLinked = replication.includes('role:master') || replication.includes('master_link_status:up')
  return isLinked && (await node.ask('CLUSTER', 'INFO')).includes('cluster_state:ok')
}
