import { expect, onTestFinished, test } from 'vitest'
import type { TokenStore } from '../../src/stores/token-store.ts'
import { manualClock } from '../../src/testing/index.ts'
import { createTokenClient, type TokenClient } from '../../src/token-client/token-client.ts'
import { loaded } from '../support/loaded.ts'
import { memoryStore } from '../support/memory-store.ts'

await loaded()

const second = 1000
const hour = 3600 * second
const [sealingKey = '', anotherKey = ''] = [1, 2].map((byte) => Buffer.alloc(32, byte).toString('base64'))

/** An authorization server that gives each host's tokens numbers of their own, and clients around one store. */
function surroundings() {
  const clock = manualClock()
  const store = memoryStore(clock)
  const requests = new Map<string, number>()

  async function fetch(input: string | URL | Request): Promise<Response> {
    const { host } = new URL(input instanceof Request ? input.url : input)
    requests.set(host, (requests.get(host) ?? 0) + 1)
    const access_token = `${host}-${requests.get(host)}`
    return Response.json({ access_token, token_type: 'Bearer', expires_in: 43_200 })
  }

  function client(further: object = {}) {
    const identity = { tokenEndpoint: 'https://one.test/token', clientId: 'orders', clientSecret: 'secret' }
    const tokens = createTokenClient({ ...identity, clock, store, sealingKey, fetch, ...further })
    onTestFinished(() => tokens.close())
    const warnings: string[] = []
    tokens.on('warning', ({ message }) => warnings.push(message))
    return { tokens, warnings }
  }

  async function value(tokens: TokenClient): Promise<string> {
    const asked = tokens.getToken()
    await clock.advance(second)
    return (await asked).value
  }
  return { clock, store, requests, client, value }
}

function unreadable(): object {
  return new Proxy(
    {},
    {
      get() {
        throw new Error('x')
      }
    }
  )
}

const strange: readonly [string, () => unknown][] = [
  ['null', () => null],
  ['a number', () => 7],
  ['a text', () => '1.sealed'],
  ['a list', () => []],
  ['no members', () => ({})],
  ['a version that is a text', () => ({ version: '1', data: 'x' })],
  ['a version that is a fraction', () => ({ version: 1.5, data: 'x' })],
  ['a version beyond all numbers', () => ({ version: Number.POSITIVE_INFINITY, data: 'x' })],
  ['data that are bytes', () => ({ version: 1, data: Buffer.from('x') })],
  ['no data', () => ({ version: 1 })],
  ['an object that nobody may look into', unreadable],
  ['a rejection with nothing', () => Promise.reject()],
  ['a rejection with an object that nobody may look into', () => Promise.reject(unreadable())]
]

test.for(strange)('a store that answers a read with %s costs no call and warns once', async ([, answer]) => {
  const { store, client, value } = surroundings()
  Object.assign(store, { read: async () => answer() })
  const { tokens, warnings } = client()
  expect(await value(tokens)).toBe('one.test-1')
  expect(warnings).toHaveLength(1)
})

test.for(['write', 'lease', 'release', 'remove'] as const)(
  'a store whose %s gives no promise costs no call',
  async (verb) => {
    const { store, client, value } = surroundings()
    Object.assign(store, { [verb]: () => ({ state: 'acquired' }) })
    const { tokens } = client()
    expect(await value(tokens)).toBe('one.test-1')
    const token = await tokens.getToken()
    tokens.invalidate(token)
    expect(await value(tokens)).toBe('one.test-2')
  }
)

test('a record that is altered while a client lives is a miss, and is written over at the next refresh', async () => {
  const { clock, store, requests, client, value } = surroundings()
  const { tokens } = client()
  await value(tokens)
  const [[name, { value: record }]] = JSON.parse(store.dump())
  await store.write(name, { version: record.version + 1, data: `${record.data.slice(0, -4)}AAAA` }, 24 * hour)
  expect(await value(tokens)).toBe('one.test-1')
  expect(await value(client().tokens)).toBe('one.test-2')
  expect(await value(client().tokens)).toBe('one.test-2')
  await clock.advance(10 * hour)
  await value(tokens)
  await clock.advance(second)
  expect(await value(tokens)).toBe('one.test-2')
  expect(requests.get('one.test')).toBe(2)
})

test('two issuers, two clients and two sealing keys on one store never get the token of one another', async () => {
  const { client, value, requests } = surroundings()
  const strangers = [
    {},
    { tokenEndpoint: 'https://two.test/token' },
    { tokenEndpoint: 'https://one.test/realms/b/token' },
    { clientId: 'billing' },
    { headers: { 'x-tenant': 'b' } },
    { scope: ['read'] },
    { audience: 'users' },
    { sealingKey: anotherKey }
  ]
  const values: string[] = []
  for (const further of strangers) values.push(await value(client(further).tokens))
  expect(new Set(values).size).toBe(strangers.length)
  expect(requests.get('two.test')).toBe(1)
  const again: string[] = []
  for (const further of strangers) again.push(await value(client(further).tokens))
  expect(again).toEqual(values)
})

test('S9 a record that is copied to the name of another client gives it no token', async () => {
  const { store, client, value } = surroundings()
  await value(client().tokens)
  await value(client({ clientId: 'billing' }).tokens)
  const [[, { value: ofOrders }], [ofBilling]] = JSON.parse(store.dump())
  await store.write(ofBilling, { ...ofOrders, version: ofOrders.version + 1 }, hour)
  expect(await value(client({ clientId: 'billing' }).tokens)).toBe('one.test-3')
})

test('closing while the store is asked ends every wait, and nothing of the client goes on', async () => {
  const { clock, store, client } = surroundings()
  const verbs = ['read', 'lease', 'write', 'release'] as const
  for (const verb of verbs) {
    const { tokens } = client({ scope: [verb] })
    const answers: (() => void)[] = []
    const good: TokenStore[typeof verb] = store[verb]
    Object.assign(store, {
      [verb]: async (...given: never[]) => {
        await new Promise<void>((resolve) => answers.push(resolve))
        return (good as (...given: never[]) => unknown)(...given)
      }
    })
    const outcome = tokens.getToken().catch(({ code }: { code: string }) => code)
    await clock.advance(0)
    expect(answers.length).toBeGreaterThan(0)
    await tokens.close()
    expect(['ERR_CLIENT_CLOSED', 'object']).toContain(typeof (await outcome) === 'string' ? await outcome : 'object')
    Object.assign(store, { [verb]: good })
    for (const answer of answers) answer()
    await clock.advance(5 * second)
    const calls = store.calls.length
    await clock.advance(10 * 60 * second)
    expect([verb, store.calls.length - calls, clock.timers]).toEqual([verb, 0, 0])
  }
})

test('a reader finds the token of a single publisher, however many shards there are', async () => {
  const { clock, client, requests } = surroundings()
  const shards = 16
  const readers = Array.from({ length: 20 }, () => client({ clientSecret: undefined, reader: true, shards }).tokens)
  await client({ shards }).tokens.getToken()
  const asked = Promise.all(readers.map((reader) => reader.getToken()))
  for (let look = 0; look < shards; look += 1) await clock.advance(400)
  const found = await asked
  expect(new Set(found.map(({ value }) => value))).toEqual(new Set(['one.test-1']))
  expect(requests.get('one.test')).toBe(1)
})

test.for([100, 500, 1000, 3000, 10_000])(
  'S3 a store that never answers leaves a timeout of %i ms to the authorization server',
  async (timeout) => {
    const { clock, store, client } = surroundings()
    store.meddle(() => new Promise(() => {}))
    const { tokens } = client({ timeout })
    const asked = tokens.getToken()
    for (let passed = 0; passed < timeout; passed += timeout / 20) await clock.advance(timeout / 20)
    expect((await asked).value).toBe('one.test-1')
  }
)

test.for([500, 1000, 3000, 10_000])(
  'a holder that hangs leaves others a timeout of %i ms to ask by themselves',
  async (timeout) => {
    const { clock, client } = surroundings()
    const hangs = client({ timeout: 60_000, fetch: () => new Promise(() => {}) })
    void hangs.tokens.getToken().catch(() => {})
    await clock.advance(0)
    const slowly = async () => {
      await new Promise<void>((resolve) => void clock.startTimer(resolve, timeout / 10))
      return Response.json({ access_token: 'own', token_type: 'Bearer', expires_in: 43_200 })
    }
    const asked = client({ timeout, fetch: slowly }).tokens.getToken()
    asked.catch(() => {})
    for (let passed = 0; passed <= timeout; passed += timeout / 20) await clock.advance(timeout / 20)
    expect((await asked).value).toBe('own')
  }
)

test.for([300, 1000, 10_000])(
  'a sealing key that never comes leaves a timeout of %i ms to the authorization server, and is named',
  async (timeout) => {
    const { clock, store, client } = surroundings()
    const { tokens, warnings } = client({ timeout, sealingKey: () => new Promise(() => {}) })
    const asked = tokens.getToken()
    for (let passed = 0; passed < timeout; passed += timeout / 20) await clock.advance(timeout / 20)
    expect((await asked).value).toBe('one.test-1')
    expect(warnings).toEqual([expect.stringContaining('The sealingKey function')])
    expect(store.calls).toEqual([])
  }
)

test('a sealing key that fails once keeps the last good one in use, and one that comes later is used', async () => {
  const { clock, client, value, requests } = surroundings()
  const keys: (() => Promise<string>)[] = [() => Promise.reject(new Error('down'))]
  const { tokens, warnings } = client({ sealingKey: () => (keys.shift() ?? (async () => sealingKey))() })
  expect(await value(tokens)).toBe('one.test-1')
  await clock.advance(10 * hour)
  await value(tokens)
  await clock.advance(second)
  expect(await value(client().tokens)).toBe('one.test-2')
  expect([warnings.length, requests.get('one.test')]).toEqual([1, 2])
})
