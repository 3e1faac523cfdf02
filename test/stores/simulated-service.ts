import { type ManualClock, manualClock } from '../../src/testing/index.ts'
import { createTokenClient, type TokenClient } from '../../src/token-client/token-client.ts'
import { loaded } from '../support/loaded.ts'
import { type MemoryStore, memoryStore } from '../support/memory-store.ts'

await loaded()

const second = 1000
const sealingKey = Buffer.alloc(32, 1).toString('base64')

/** Instances of one service around one store and one authorization server, on a clock that is held. */
export interface SimulatedService {
  readonly clock: ManualClock
  readonly store: MemoryStore
  /** When each token request came, in ms since the start. */
  readonly requests: number[]
  /** Calls that failed, and for how many ms the server had not been down when they began. */
  readonly failures: { readonly code: string; readonly wellFor: number }[]
  /** The authorization server is so from now on. */
  turn(server: 'well' | 'slow' | 'down'): void
  isDown(): boolean
  now(): number
  /** Every instance makes a call, and so much time passes. */
  calls(ms: number): Promise<void>
  /** Kills this instance while it holds its lease, and starts another one in its place. */
  die(index: number): Promise<void>
  close(): Promise<void>
}

export interface ServiceSettings {
  readonly instances: number
  /** Of a token, in ms. */
  readonly life: number
  /** Milliseconds that a call waits. */
  readonly maxWait: number
  readonly random: () => number
}

export function simulatedService({ instances, life, maxWait, random }: ServiceSettings): SimulatedService {
  const clock = manualClock({ random })
  const store = memoryStore(clock)
  const started = clock.monotonicTime()
  const requests: number[] = []
  const failures: SimulatedService['failures'] = []
  const fleet = Array.from({ length: instances }, () => start())
  let given = 0
  let server: 'well' | 'slow' | 'down' = 'well'
  let turnedAt = 0

  const service: SimulatedService = {
    clock,
    store,
    requests,
    failures,
    turn(next) {
      server = next
      turnedAt = service.now()
    },
    isDown: () => server === 'down',
    now: () => clock.monotonicTime() - started,
    async calls(ms) {
      for (const one of fleet) void call(one)
      await clock.advance(ms)
    },
    async die(index) {
      const dead = fleet[index]
      fleet[index] = start()
      await dead?.close()
    },
    close: async () => void (await Promise.all(fleet.map((one) => one.close())))
  }
  return service

  function start(): TokenClient {
    const client = { tokenEndpoint: 'https://auth.test/token', clientId: 'orders', clientSecret: 'secret' }
    return createTokenClient({ ...client, clock, store, sealingKey, fetch: answer })
  }

  async function answer(): Promise<Response> {
    requests.push(service.now())
    if (server === 'slow') await new Promise<void>((resolve) => void clock.startTimer(resolve, 1.5 * second))
    if (server === 'down') return new Response('down', { status: 503 })
    given += 1
    return Response.json({ access_token: `token-${given}`, token_type: 'Bearer', expires_in: life / second })
  }

  async function call(one: TokenClient): Promise<void> {
    const wellFor = server === 'down' ? 0 : service.now() - turnedAt
    await one.getToken({ maxWait }).catch(({ code }: { code: string }) => {
      if (code !== 'ERR_CLIENT_CLOSED') failures.push({ code, wellFor })
    })
  }
}
