import { expect, onTestFinished, test } from 'vitest'
import { manualClock } from '../../src/testing/index.ts'
import { createTokenClient, type TokenClient } from '../../src/token-client/token-client.ts'
import { loaded } from '../support/loaded.ts'
import { memoryStore } from '../support/memory-store.ts'

await loaded()

const second = 1000
const hour = 3600 * second
const sealingKey = Buffer.alloc(32, 1).toString('base64')

/** A service whose instances share one store, and an authorization server that is as the test says. */
function service() {
  const clock = manualClock({ random: 0.5 })
  const store = memoryStore(clock)
  const server = { answer: give, requests: 0 }

  async function give(): Promise<Response> {
    return Response.json({ access_token: `token-${server.requests}`, token_type: 'Bearer', expires_in: 43_200 })
  }

  function instance(further: object = {}): TokenClient {
    const client = { tokenEndpoint: 'https://auth.test/token', clientId: 'orders', clientSecret: 'secret', ...further }
    const fetch = () => {
      server.requests += 1
      return server.answer()
    }
    const tokens = createTokenClient({ ...client, clock, store, sealingKey, fetch })
    onTestFinished(() => tokens.close())
    return tokens
  }

  /** What it comes to within that time. */
  async function within(ms: number, asked: Promise<{ readonly value: string }>): Promise<string> {
    let outcome = 'pending'
    asked.then(
      ({ value }) => (outcome = value),
      ({ code }) => (outcome = code)
    )
    for (const step of [0, ms, 0]) await clock.advance(step)
    return outcome
  }
  return { clock, store, server, give, instance, within }
}

const down = async () => new Response('down', { status: 503 })
const silent = () => new Promise<Response>(() => {})

test('refresh by hand asks the authorization server, although another instance has left word of a failure', async () => {
  const { clock, server, give, instance, within } = service()
  const [holder, other, third] = [instance(), instance(), instance()]
  server.answer = down
  expect(await within(2 * second, holder.getToken())).toBe('ERR_SERVER_ERROR')
  void within(0, instance().getToken()) // one tries for itself
  await clock.advance(0)
  const asked = server.requests
  server.answer = give
  expect(await within(0, instance().getToken())).toBe('pending') // it has heard of the failure, and tries again later
  expect(await within(0, other.refresh())).toBe(`token-${asked + 1}`)
  expect(await within(2 * second, third.getToken())).toBe(`token-${asked + 1}`)
  expect(server.requests).toBe(asked + 1)
})

test('refresh by hand asks, although a newer token lies in the store, and all others have it from there', async () => {
  const { clock, instance, server, within } = service()
  const [one, other, third] = [instance(), instance(), instance()]
  expect(await within(0, one.getToken())).toBe('token-1')
  expect(await within(0, other.getToken())).toBe('token-1')
  await clock.advance(hour)
  expect(await within(0, one.refresh())).toBe('token-2')
  expect(await within(0, other.refresh())).toBe('token-3')
  expect(await within(0, third.getToken())).toBe('token-3')
  expect(server.requests).toBe(3)
})

test('refresh by hand asks, although this instance waits for another holder that is slow', async () => {
  const { clock, server, give, instance, within } = service()
  const [holder, other] = [instance(), instance()]
  expect(await within(0, holder.getToken())).toBe('token-1')
  expect(await within(0, other.getToken())).toBe('token-1')
  server.answer = silent
  await clock.advance(9.6 * hour) // both are due: one asks and hears nothing, the other waits for it
  await within(0, holder.getToken())
  await within(second, other.getToken())
  const asked = server.requests
  server.answer = give
  expect(await within(2 * second, other.refresh())).toBe(`token-${asked + 1}`)
})

test('refresh by hand that fails costs nobody the token at hand', async () => {
  const { clock, server, instance, within } = service()
  const [one, cold] = [instance(), instance({ scope: [] })]
  expect(await within(0, one.getToken())).toBe('token-1')
  await clock.advance(hour)
  server.answer = down
  expect(await within(second, one.refresh())).toBe('ERR_SERVER_ERROR')
  expect(await within(0, one.getToken())).toBe('token-1')
  expect(await within(0, cold.getToken())).toBe('token-1')
})

test('refresh by hand of a reader gives a token that the others have', async () => {
  const { clock, instance, within } = service()
  const publisher = instance()
  const reader = instance({ clientSecret: undefined, reader: true })
  expect(await within(0, publisher.getToken())).toBe('token-1')
  expect(await within(0, reader.refresh())).toBe('token-1')
  await clock.advance(hour)
  expect(await within(0, publisher.refresh())).toBe('token-2')
  expect(await within(0, reader.refresh())).toBe('token-2')
})
