import { startRedis, startSentinel, until } from '../stores/redis-server.ts'

export interface Replicated {
  /** Of the sentinels. */
  readonly ports: readonly number[]
  /** Kills the master, so that its replica takes its place. */
  loseMaster(): Promise<void>
  stop(): Promise<void>
}

/** A master and a replica, and a sentinel that watches over them. */
export async function startReplicated(): Promise<Replicated> {
  const master = await startRedis()
  const replica = await startRedis('--replicaof', '127.0.0.1', `${master.port}`)
  const sentinel = await startSentinel(master)
  const told = (...command: string[]) => sentinel.ask('SENTINEL', ...command)
  await until('the sentinel knows the replica', async () =>
    (await told('REPLICAS', 'tokens')).includes(`${replica.port}`)
  )
  return {
    ports: [sentinel.port],
    async loseMaster() {
      await master.kill()
      await until('the replica is the master', async () => {
        return (await told('GET-MASTER-ADDR-BY-NAME', 'tokens')).includes(`${replica.port}`)
      })
    },
    stop: async () => void (await Promise.all([master, replica, sentinel].map((server) => server.stop())))
  }
}
