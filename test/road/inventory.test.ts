import { Agent, request } from 'undici'
import { describe, expect, onTestFinished, test } from 'vitest'
import { gotHooks, nodeHttp } from '../../src/adapters/index.ts'
import { type BearerPolicy, type TokenClient, tokenOptions } from '../../src/index.ts'
import { resourceServer } from '../support/resource-server.ts'
import { clientSecret, road } from '../support/road.ts'

type Call = (url: string) => Promise<unknown>

/** The ways to send a call. */
const ways: Readonly<Record<string, (tokens: TokenClient, policy: BearerPolicy) => Call | Promise<Call>>> = {
  interceptor(tokens, policy) {
    const agent = new Agent().compose(tokens.interceptor(policy))
    onTestFinished(() => agent.destroy())
    return async (url) => (await request(url, { dispatcher: agent })).body.dump()
  },
  createFetch(tokens, policy) {
    const fetch = tokens.createFetch(policy)
    return async (url) => (await fetch(url)).text()
  },
  nodeHttp(tokens, policy) {
    const send = nodeHttp(tokens, policy)
    return async (url) => (await send(url)).resume()
  },
  async gotHooks(tokens, policy) {
    const { default: got } = await import('got')
    const hooked = got.extend({ hooks: gotHooks(tokens, policy), retry: { limit: 0 }, throwHttpErrors: false })
    return (url) => hooked(url).text()
  }
}

describe.each(Object.keys(ways))('the inventory counts by %s', (way) => {
  test('what the resource servers saw, with second attempts and refusals', async () => {
    const { tokens, clock } = await road({ scope: ['read_user'] })
    let status = 200
    const users = await resourceServer()
    const billing = await resourceServer((_, response) => void response.writeHead(status).end())
    const call = (await ways[way]?.(tokens, {
      routes: {
        [users.origin]: {},
        [`${users.origin}/admin`]: { scope: 'admin' },
        [billing.origin]: { scope: 'write_user' }
      }
    })) as Call
    await call(`${users.origin}/users/42`)
    await call(`${billing.origin}/invoices`)
    await clock.advance(5_000)
    status = 401
    await call(`${users.origin}/users/43`)
    await call(`${billing.origin}/invoices`)

    const { entries } = tokens.inventory()
    expect(users.requests).toHaveLength(2)
    expect(billing.requests).toHaveLength(3) // a 401 costs a second attempt
    expect(entries).toEqual([
      {
        by: 'policy',
        origin: users.origin,
        scope: ['read_user'],
        resource: [],
        granted: ['read_user'],
        calls: 2,
        refused: 0,
        lastUsed: clock.wallTime()
      },
      { by: 'policy', origin: users.origin, path: '/admin', scope: ['admin'], resource: [], calls: 0, refused: 0 },
      {
        by: 'policy',
        origin: billing.origin,
        scope: ['write_user'],
        resource: [],
        granted: ['write_user'],
        calls: 3,
        refused: 2,
        lastUsed: clock.wallTime()
      }
    ])
  })
})

test('a token that was asked for by hand stands in the inventory without an origin', async () => {
  const { tokens, clock } = await road({ scope: ['read_user'] })
  await tokens.getToken()
  await tokens.getToken()
  await tokens.getToken({ scope: 'write_user' })
  const common = { by: 'getToken', resource: [], lastUsed: clock.wallTime() }
  expect(tokens.inventory().entries).toEqual([
    { ...common, scope: ['read_user'], granted: ['read_user'], calls: 2 },
    { ...common, scope: ['write_user'], granted: ['write_user'], calls: 1 }
  ])
})

test('a call with a wish of its own has a line of its own, and equal rules of two policies share one', async () => {
  const { tokens } = await road({ scope: ['read_user'] })
  const api = await resourceServer()
  const policy = { origins: [api.origin] }
  await tokens.createFetch(policy)(api.origin)
  await tokens.createFetch(policy)(api.origin, { [tokenOptions]: { scope: 'write_user' } })
  await tokens.createFetch(policy)(api.origin)
  expect(tokens.inventory().entries.map(({ scope, calls }) => [scope, calls])).toEqual([
    [['read_user'], 2],
    [['write_user'], 1]
  ])
})

test('what the authorization server granted is shown beside what was asked, and so is why it gave no token', async () => {
  const { tokens, server } = await road({ scope: ['read_user', 'write_user'] })
  const api = await resourceServer()
  const fetch = tokens.createFetch({ routes: { [api.origin]: {}, [`${api.origin}/secret`]: { scope: 'unheard_of' } } })
  server.faults.alter({ members: { scope: 'read_user' } }, { requests: 1 })
  await fetch(api.origin)
  await expect(fetch(`${api.origin}/secret`)).rejects.toThrow()
  expect(tokens.inventory().entries).toMatchObject([
    { scope: ['read_user', 'write_user'], granted: ['read_user'], calls: 1 },
    { scope: ['unheard_of'], code: 'ERR_INVALID_SCOPE', calls: 0, refused: 0 }
  ])
})

test('the inventory as text is a Mermaid flowchart, whatever an audience is called', async () => {
  const { tokens } = await road({ scope: ['read_user'], audience: 'a"]; click x' })
  tokens.createFetch({ routes: { 'https://users.internal/v1': { audience: 'users' } } })
  await tokens.getToken().catch(() => {})
  expect(String(tokens.inventory())).toBe(`flowchart LR
  client["orders"]
  t0["https://users.internal/v1"]
  t1["getToken() for a#34;#93;#59; click x"]
  client -.->|"read_user, 0 calls"| t0
  client -->|"read_user, 1 call"| t1
`)
})

test('the inventory holds no token and no secret, and says from when on it counts', async () => {
  const { tokens, clock, server } = await road()
  const since = clock.wallTime()
  await clock.advance(1_000)
  const { value } = await tokens.getToken()
  const inventory = tokens.inventory()
  expect(inventory).toMatchObject({ clientId: 'orders', server: new URL(server.issuer).host, since, unlisted: 0 })
  const text = JSON.stringify(inventory) + inventory
  expect(text).not.toContain(value)
  expect(text).not.toContain(clientSecret)
})

test('a thousand kinds of calls are listed, and those beyond are counted together', async () => {
  const { tokens } = await road()
  const asked = Array.from({ length: 1_010 }, (_, index) => tokens.getToken({ scope: `scope_${index}`, maxWait: 0 }))
  await Promise.allSettled(asked)
  const { entries, unlisted } = tokens.inventory()
  expect([entries.length, unlisted]).toEqual([1_000, 10])
})
