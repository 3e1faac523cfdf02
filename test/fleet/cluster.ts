import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { freePort, type RedisServer, startRedis } from '../stores/redis-server.ts'

const run = promisify(execFile)

export interface Cluster {
  /** Three masters and a replica of each. */
  readonly nodes: readonly RedisServer[]
  /** Makes every replica a master, and its master a replica. */
  failOver(): Promise<void>
  stop(): Promise<void>
}

export async function startCluster(): Promise<Cluster> {
  const nodes = await Promise.all(Array.from({ length: 6 }, startNode))
  const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`)
  await run('redis-cli', ['--cluster', 'create', ...addresses, '--cluster-replicas', '1', '--cluster-yes'])
  await until(async () => (await Promise.all(nodes.map(isReady))).every(Boolean))
  return {
    nodes,
    async failOver() {
      for (const node of nodes) {
        if (!(await info(node, 'replication')).includes('role:slave')) continue
        await until(async () => {
          if ((await info(node, 'replication')).includes('role:master')) return true
          await ask(node, 'CLUSTER', 'FAILOVER', 'FORCE') // which can be lost in an election: it is asked for again
          return false
        }, 500)
      }
    },
    stop: async () => void (await Promise.all(nodes.map((node) => node.stop())))
  }
}

async function startNode(): Promise<RedisServer> {
  const bus = ['--cluster-port', `${await freePort()}`]
  return startRedis('--cluster-enabled', 'yes', '--cluster-node-timeout', '2000', ...bus)
}

async function isReady(node: RedisServer): Promise<boolean> {
  const replication = await info(node, 'replication')
  const isLinked = replication.includes('role:master') || replication.includes('master_link_status:up')
  return isLinked && (await ask(node, 'CLUSTER', 'INFO')).includes('cluster_state:ok')
}

function info(node: RedisServer, section: string): Promise<string> {
  return ask(node, 'INFO', section)
}

async function ask({ port }: RedisServer, ...command: string[]): Promise<string> {
  return (await run('redis-cli', ['-p', `${port}`, ...command])).stdout
}

async function until(holds: () => Promise<boolean>, every = 50): Promise<void> {
  const latest = Date.now() + 60_000
  while (!(await holds().catch(() => false))) {
    if (Date.now() > latest) throw new Error('the cluster is not ready after a minute')
    await new Promise((resolve) => setTimeout(resolve, every))
  }
}
