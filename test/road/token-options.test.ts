import { Agent, interceptors, request } from 'undici'
import { describe, expect, onTestFinished, test } from 'vitest'
import { gotHooks, nodeHttp } from '../../src/adapters/index.ts'
import { type BearerPolicy, type TokenOptions, tokenOptions } from '../../src/index.ts'
import { resourceServer } from '../support/resource-server.ts'
import { road } from '../support/road.ts'

type Call = (url: string, wish?: TokenOptions) => Promise<unknown>

/** A client, an API that takes what comes, and the roads on which one call can have a wish. */
async function calls(policy: (origin: string) => BearerPolicy = (origin) => ({ origins: [origin] })) {
  const { tokens, server } = await road({ scope: ['read_user'] })
  const api = await resourceServer()
  const agent = new Agent().compose(
    tokens.interceptor(policy(api.origin)),
    interceptors.retry(),
    interceptors.redirect({ maxRedirections: 2 })
  )
  onTestFinished(() => agent.destroy())
  const fetch = tokens.createFetch(policy(api.origin))
  const send = nodeHttp(tokens, policy(api.origin))
  const { default: got } = await import('got')
  const hooked = got.extend({ hooks: gotHooks(tokens, policy(api.origin)), retry: { limit: 0 } })
  const ways: Readonly<Record<string, Call>> = {
    async interceptor(url, wish) {
      const { body } = await request(url, { dispatcher: agent, ...{ [tokenOptions]: wish } })
      await body.dump()
    },
    createFetch: async (url, wish) => (await fetch(url, { [tokenOptions]: wish })).text(),
    'createFetch of a Request': async (url, wish) => (await fetch(new Request(url), { [tokenOptions]: wish })).text(),
    nodeHttp: async (url, wish) => (await send(url, { [tokenOptions]: wish })).resume(),
    gotHooks: (url, wish) => hooked(url, { context: { [tokenOptions]: wish } }).text()
  }
  return { tokens, server, api, ways }
}

const ways = ['interceptor', 'createFetch', 'createFetch of a Request', 'nodeHttp', 'gotHooks']

describe.each(ways)('W10 one call by %s', (way) => {
  test('has a token for its own options, and the next call has that of the rule', async () => {
    const { tokens, api, ways } = await calls()
    const call = ways[way] as Call
    await call(api.origin, { scope: ['write_user'] })
    await call(api.origin)
    await call(api.origin, { scope: 'admin', header: 'x-token', scheme: '' })
    const [wanted, usual] = await Promise.all([tokens.getToken({ scope: ['write_user'] }), tokens.getToken()])
    const admin = await tokens.getToken({ scope: 'admin' })
    expect(api.requests.map(({ headers }) => [headers.authorization, headers['x-token']])).toEqual([
      [wanted.authorization, undefined],
      [usual.authorization, undefined],
      [undefined, admin.value]
    ])
    expect(wanted.scope).toEqual(['write_user'])
  })

  test('has its wish on an origin of the policy only, and the rule of the policy where it names nothing', async () => {
    const { api, ways, tokens } = await calls((origin) => ({ routes: { [`${origin}/users/`]: { header: 'x-token' } } }))
    const call = ways[way] as Call
    await call(`${api.origin}/elsewhere`, { scope: ['write_user'] })
    await call(`${api.origin}/users/42`, { scope: ['write_user'] })
    await call(`${api.origin}/users/42`, { header: 'Authorization' })
    const wanted = await tokens.getToken({ scope: ['write_user'] })
    const usual = await tokens.getToken()
    expect(api.requests.map(({ headers }) => [headers.authorization, headers['x-token']])).toEqual([
      [undefined, undefined],
      [undefined, wanted.authorization],
      [usual.authorization, undefined]
    ])
  })

  test.each<[unknown, string]>([
    ['write_user', '[tokenOptions]'],
    [{ scopes: ['write_user'] }, '[tokenOptions].scopes'],
    [new Map([['scope', 'write_user']]), '[tokenOptions]'],
    [{ scope: ['a b'] }, '[tokenOptions].scope'],
    [{ maxWait: -1 }, '[tokenOptions].maxWait'],
    [{ header: 'Host' }, '[tokenOptions].header'],
    [{ rejectedWhen: () => true }, '[tokenOptions].rejectedWhen']
  ])('with the wish %o is refused, and nothing is sent', async (wish, named) => {
    const { api, ways } = await calls()
    const call = ways[way] as Call
    const thrown = (await call(api.origin, wish as never).catch((error) => error)) as Error
    const error = (thrown.cause ?? thrown) as Error // got wraps what its hooks throw
    expect(error.name).toBe('ClientConfigurationError')
    expect(error.message).toContain(`${named} `)
    expect(api.requests).toEqual([])
  })
})

const readsAtOnce = ways.filter((way) => way !== 'gotHooks') // got calls its hooks later

test.each(readsAtOnce)('W10 a call by %s keeps its wish when the object changes while the token comes', async (way) => {
  const { tokens, api, ways } = await calls()
  const wish: { scope: string[]; header?: string } = { scope: ['write_user'] }
  const called = (ways[way] as Call)(api.origin, wish)
  wish.scope.push('admin')
  wish.header = 'x-token'
  await called
  const { authorization } = await tokens.getToken({ scope: ['write_user'] })
  expect(api.requests.map(({ headers }) => [headers.authorization, headers['x-token']])).toEqual([
    [authorization, undefined]
  ])
})

test('W10 a wish stays with its call over a redirect, and two interceptors of different clients do not share it', async () => {
  const api = await resourceServer((received, response) => {
    if (received.url === '/old') response.writeHead(307, { location: '/new' }).end()
    else response.end()
  })
  const one = await road({ scope: ['read_user'] })
  const other = await road({ scope: ['read_user'] })
  const agent = new Agent().compose(
    other.tokens.interceptor({ origins: [api.origin], header: 'x-other' }),
    one.tokens.interceptor({ origins: [api.origin] }),
    interceptors.redirect({ maxRedirections: 2 })
  )
  onTestFinished(() => agent.destroy())
  const wish = { [tokenOptions]: { scope: ['write_user'] } }
  await (await request(`${api.origin}/old`, { dispatcher: agent, ...wish })).body.dump()
  const wanted = await one.tokens.getToken({ scope: ['write_user'] })
  const usual = await other.tokens.getToken()
  expect(api.requests.map(({ headers }) => [headers.authorization, headers['x-other']])).toEqual([
    [wanted.authorization, usual.authorization],
    [wanted.authorization, usual.authorization]
  ])
})

test('W10 a createFetch inside another one does not see the wish of the outer', async () => {
  const { tokens, api } = await calls()
  const inner = (await road({ scope: ['read_user'] })).tokens
  const fetch = tokens.createFetch(
    { origins: [api.origin] },
    inner.createFetch({ origins: [api.origin], header: 'x-b' })
  )
  await (await fetch(api.origin, { [tokenOptions]: { scope: ['admin'] } })).text()
  expect(api.requests[0]?.headers['x-b']).toBe((await inner.getToken()).authorization)
})
