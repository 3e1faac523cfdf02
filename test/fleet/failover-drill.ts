import { type RedisCommand, redisStore } from '../../src/redis/index.ts'
import { manualClock } from '../../src/testing/index.ts'
import { createTokenClient } from '../../src/token-client/token-client.ts'
import { until } from '../stores/redis-server.ts'
import { tokenServer } from './token-server.ts'

const hour = 3_600_000
const enoughCalls = 30

/**
 * Two instances of a service for each way to the store, which fails over meanwhile. No call of an instance with a token fails, whatever is
 * refreshed, and afterwards one finds in the store what the other one asks for.
 */
export async function surviveFailover(commands: readonly RedisCommand[], failOver: () => Promise<void>): Promise<void> {
  const services = await Promise.all(commands.map(serviceOver))
  let isOver = false
  const failing = failOver().finally(() => (isOver = true))
  await Promise.all(services.map((service) => service.callsUntil(() => isOver)))
  await failing
  await Promise.all(services.map((service) => service.share()))
}

async function serviceOver(command: RedisCommand) {
  const { tokenEndpoint } = await tokenServer(43_200)
  const clock = manualClock()
  const sealingKey = Buffer.alloc(32, tokenEndpoint).toString('base64')
  const identity = { tokenEndpoint, clientId: 'orders', clientSecret: 'secret' }
  const instance = () => createTokenClient({ ...identity, store: redisStore({ command }), sealingKey, clock })
  const publisher = instance()
  await publisher.getToken()

  /** Time passes until it is settled: a store that does not answer has so much of it and no more. */
  async function passing<T>(work: Promise<T>): Promise<T> {
    let isSettled = false
    const settled = work.finally(() => (isSettled = true))
    settled.catch(() => {})
    while (!isSettled) await clock.advance(100)
    return settled
  }

  return {
    async callsUntil(isOver: () => boolean): Promise<void> {
      for (let calls = 0; calls < enoughCalls || !isOver(); calls += 1) {
        await clock.advance(hour) // a refresh each nine hours or so, whatever the store does meanwhile
        await publisher.getToken()
      }
    },
    async share(): Promise<void> {
      await until(`the store is used again by ${command}`, async () => {
        await clock.advance(hour)
        const asked = await passing(publisher.refresh())
        await using other = instance()
        const found = await passing(other.getToken())
        return found.fromStore === true && found.value === asked.value
      })
      await publisher.close()
    }
  }
}
