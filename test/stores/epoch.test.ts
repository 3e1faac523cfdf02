import { expect, onTestFinished, test } from 'vitest'
import { raiseEpoch } from '../../src/raise-epoch.ts'
import { manualClock } from '../../src/testing/index.ts'
import { createTokenClient, type TokenClient } from '../../src/token-client/token-client.ts'
import { loaded } from '../support/loaded.ts'
import { memoryStore } from '../support/memory-store.ts'

await loaded()

const second = 1000
const minute = 60 * second
const sealingKey = Buffer.alloc(32, 1).toString('base64')

/** A service around one store, and an authorization server that answers after `delay` ms. */
function service() {
  const clock = manualClock()
  const store = memoryStore(clock)
  const server = { delay: 0, requests: 0 }

  async function give(): Promise<Response> {
    server.requests += 1
    const value = `token-${server.requests}`
    await new Promise<void>((resolve) => void clock.startTimer(resolve, server.delay))
    return Response.json({ access_token: value, token_type: 'Bearer', expires_in: 43_200 })
  }

  function instance(): TokenClient {
    const client = { tokenEndpoint: 'https://auth.test/token', clientId: 'orders', clientSecret: 'secret' }
    const tokens = createTokenClient({ ...client, clock, store, sealingKey, fetch: give })
    onTestFinished(() => tokens.close())
    return tokens
  }

  async function current(tokens: TokenClient): Promise<string> {
    const token = tokens.getToken()
    await clock.advance(second)
    return (await token).value
  }
  return { clock, store, server, instance, current }
}

test('W24 a hundred clients with a store have one timer in all, and leave none behind', async () => {
  const { clock, instance, current } = service()
  const all = Array.from({ length: 100 }, instance)
  for (const one of all) await current(one)
  await clock.advance(5 * minute) // and the epoch was read some five times by each
  expect(clock.timers).toBe(1)
  for (const one of all) await one.close()
  expect(clock.timers).toBe(0)
})

test('the epoch is read every 30 to 60 seconds, and never in a call', async () => {
  const { clock, store, instance, current } = service()
  const tokens = instance()
  await current(tokens)
  const before = store.calls.length
  for (let call = 0; call < 1000; call += 1) await tokens.getToken()
  expect(store.calls.length).toBe(before)
  await clock.advance(60 * minute)
  const readings = store.calls.length - before
  expect(readings).toBeGreaterThanOrEqual(60)
  expect(readings).toBeLessThanOrEqual(120)
  await tokens.close()
  await clock.advance(60 * minute)
  expect(store.calls.length - before).toBe(readings)
})

test('a token that was asked for before the epoch rose is replaced by all, although it comes afterwards', async () => {
  const { clock, store, server, instance, current } = service()
  const [one, other] = [instance(), instance()]
  expect([await current(one), await current(other)]).toEqual(['token-1', 'token-1'])
  await clock.advance(10 * 60 * minute) // due
  const before = store.calls.length
  while (store.calls.length === before) await clock.advance(second)
  await clock.advance(20 * second) // the epoch is read every 45 seconds here
  server.delay = 28 * second
  await current(one)
  await raiseEpoch({ store, sealingKey, spread: second })
  await clock.advance(40 * second)
  expect(server.requests).toBe(2)
  server.delay = 0
  expect([await current(one), await current(other)]).toEqual(['token-3', 'token-3'])
})

test('garbage under the name of the epoch does not keep it from rising', async () => {
  const { clock, store, instance, current } = service()
  const tokens = instance()
  expect(await current(tokens)).toBe('token-1')
  await raiseEpoch({ store, sealingKey })
  const [name] = (JSON.parse(store.dump()) as [string][])[1] ?? []
  await store.write(name as string, { version: 70, data: 'garbage' }, 60 * minute)
  expect(await raiseEpoch({ store, sealingKey, spread: second })).toBe(71)
  await clock.advance(2 * minute)
  expect(await current(tokens)).not.toBe('token-1')
})

test('an epoch that the store did not take is an error that says what to do', async () => {
  const { store } = service()
  Object.assign(store, { write: async () => false })
  await expect(raiseEpoch({ store, sealingKey })).rejects.toThrow(
    'The epoch was not raised: the store keeps something else under its name. Empty the store first.'
  )
})

test('two operators who raise the epoch at once raise it once', async () => {
  const { store } = service()
  expect(await Promise.all([raiseEpoch({ store, sealingKey }), raiseEpoch({ store, sealingKey })])).toEqual([1, 1])
})
