import { expect, onTestFinished, test } from 'vitest'
import type { TokenClientEvents } from '../../src/events.ts'
import { manualClock } from '../../src/testing/index.ts'
import { createTokenClient } from '../../src/token-client/token-client.ts'
import { loaded } from '../support/loaded.ts'
import { memoryStore } from '../support/memory-store.ts'

await loaded()

const hour = 3_600_000

/** A service whose instances share one store, and what each of them tells. */
function service() {
  const clock = manualClock({ random: 0.5 })
  const store = memoryStore(clock)
  const sealingKey = Buffer.alloc(32, 1).toString('base64')
  let given = 0

  async function answer(): Promise<Response> {
    given += 1
    return Response.json({ access_token: `token-${given}`, token_type: 'Bearer', expires_in: 43_200 })
  }

  function instance() {
    const client = { tokenEndpoint: 'https://auth.test/token', clientId: 'orders', clientSecret: 'secret' }
    const tokens = createTokenClient({ ...client, clock, store, sealingKey, fetch: answer })
    onTestFinished(() => tokens.close())
    const told: TokenClientEvents['refreshed'][] = []
    tokens.on('refreshed', (event) => told.push(event))
    return { tokens, told }
  }
  return { clock, instance }
}

test('an event says whether this instance has asked for its token or found it in the store', async () => {
  const { clock, instance } = service()
  const [first, second] = [instance(), instance()]
  const asked = await first.tokens.getToken()
  await clock.advance(0)
  const found = await second.tokens.getToken()
  expect([asked.value, asked.fromStore, found.value, found.fromStore]).toEqual(['token-1', undefined, 'token-1', true])
  expect([first.told, second.told]).toMatchObject([[{ origin: 'endpoint' }], [{ origin: 'store' }]])
})

test('it says so at each refresh anew: whoever finds one today can be the one that asks tomorrow', async () => {
  const { clock, instance } = service()
  const [first, second] = [instance(), instance()]
  await first.tokens.getToken()
  await clock.advance(2 * hour)
  await second.tokens.getToken()
  await first.tokens.close()
  await clock.advance(9 * hour)
  await second.tokens.getToken() // nobody else asks any more: this call starts the refresh
  await clock.advance(1000)
  expect(second.told).toMatchObject([
    { origin: 'store', reason: 'first' },
    { origin: 'endpoint', reason: 'due' }
  ])
})
