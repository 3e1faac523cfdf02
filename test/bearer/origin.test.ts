import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { bearerFetch } from '../../src/bearer/fetch.ts'
import { selfSigned } from '../http/certificate.ts'
import { bearerRoad, closing, read } from '../support/bearer.ts'
import { accepting, resourceServer } from '../support/resource-server.ts'
import { unobserved } from '../support/tokens.ts'
import { undici, undiciMajor } from '../support/undici.ts'

const { Agent, BalancedPool, Client, Pool, fetch, interceptors, request } = undici

test('D13 C30 U79 another port of the same host gets no token, and its 401 asks for none', async () => {
  const { agent, tokens, rejections } = await bearerRoad()
  const foreign = await resourceServer(accepting('nobody'))
  const { statusCode, body } = await request(foreign.origin, { dispatcher: agent })
  await body.dump()
  expect(statusCode).toBe(401)
  expect(foreign.requests.map(({ authorization }) => authorization)).toEqual([undefined])
  expect(tokens.issued).toBe(1)
  expect(rejections).toEqual([])
})

test('D13 U80 hosts are compared as text: localhost is not 127.0.0.1', async () => {
  const { agent, server } = await bearerRoad()
  const { statusCode, body } = await request(`http://localhost:${server.port}/`, { dispatcher: agent })
  await body.dump()
  expect(statusCode).toBe(200)
  expect(server.requests[0]?.authorization).toBeUndefined()
})

test.each([
  ['upper case', (port: number) => `HTTP://LOCALHOST:${port}`],
  ['a slash at the end', (port: number) => `http://localhost:${port}/`],
  ['a URL', (port: number) => new URL(`http://LOCALHOST:${port}`)]
])('D14 U80 an origin with %s is the same origin', async (_form, origin) => {
  const { agent, server } = await bearerRoad({
    routes: (own) => [{ origin: own.replace('127.0.0.1', 'localhost'), request: read }]
  })
  const { body } = await agent.request({ origin: origin(server.port), path: '/', method: 'GET' })
  await body.dump()
  expect(server.requests[0]?.authorization).toBe('Bearer t1')
})

test.each([
  ['a trailing dot', (port: number) => `http://localhost.:${port}`],
  ['user information', (port: number) => `http://user:pw@localhost:${port}`],
  ['a path', (port: number) => `http://localhost:${port}/api`],
  ['a query', (port: number) => `http://localhost:${port}/?a`],
  ['another scheme', (port: number) => `https://localhost:${port}`],
  ['no scheme', (port: number) => `localhost:${port}`],
  ['no meaning', () => 'http://']
])('D14 D19 D12 U90 an origin with %s gets no token', async (_form, origin) => {
  const { agent, server, interceptor } = await bearerRoad({
    routes: (own) => [{ origin: own.replace('127.0.0.1', 'localhost'), request: read }]
  })
  const dispatched: unknown[] = []
  const dispatch = interceptor((options) => {
    dispatched.push(options)
    return true
  })
  const options = { origin: origin(server.port), path: '/', method: 'GET' as const }
  dispatch(options, { onRequestStart() {}, onResponseError() {} })
  expect(dispatched).toEqual([options])
  await agent.close()
})

test('W44 user information in the URL of request() never reaches us: undici leaves it out, and the token goes to the origin', async () => {
  const { agent, server } = await bearerRoad()
  const { body } = await request(server.origin.replace('//', '//user:pw@'), { dispatcher: agent })
  await body.dump()
  expect(server.requests.map(({ authorization }) => authorization)).toEqual(['Bearer t1'])
  await expect(fetch(server.origin.replace('//', '//user:pw@'), { dispatcher: agent })).rejects.toThrow(TypeError)
})

test('D11 U81 fetch that is redirected to a foreign origin takes no token along', async () => {
  const foreign = await resourceServer()
  const { agent, server } = await bearerRoad({
    answer: (_request, response) => response.writeHead(302, { location: `${foreign.origin}/there` }).end()
  })
  const response = await fetch(server.origin, { dispatcher: agent })
  expect(await response.text()).toBe('/there')
  expect(server.requests[0]?.authorization).toBe('Bearer t1')
  expect(foreign.requests.map(({ authorization }) => authorization)).toEqual([undefined])
})

test.each(['inside', 'outside'])(
  'D11 C70 U82 U84 a redirect interceptor %s takes no token to a foreign origin',
  async (order) => {
    const foreign = await resourceServer(accepting('nobody'))
    const { server, interceptor, tokens } = await bearerRoad({
      answer: (_request, response) => response.writeHead(307, { location: `${foreign.origin}/there` }).end()
    })
    const redirect = interceptors.redirect({ maxRedirections: 3 })
    const chain = order === 'inside' ? [redirect, interceptor] : [interceptor, redirect]
    const dispatcher = closing(new Agent()).compose(chain)
    const { statusCode, body } = await request(server.origin, { dispatcher })
    await body.dump()
    expect(statusCode).toBe(401)
    expect(foreign.requests.every(({ authorization }) => authorization === undefined)).toBe(true)
    if (order === 'outside') expect(tokens.issued).toBe(1)
  }
)

test('U83 a redirect between two origins of the policy carries the token to both', async () => {
  const second = await resourceServer()
  const { server, interceptor } = await bearerRoad({
    answer: (_request, response) => response.writeHead(302, { location: second.origin }).end(),
    routes: (origin) => [
      { origin, request: read },
      { origin: second.origin, request: read }
    ]
  })
  const dispatcher = closing(new Agent()).compose(interceptor, interceptors.redirect({ maxRedirections: 1 }))
  const { body } = await request(server.origin, { dispatcher })
  await body.dump()
  expect(second.requests[0]?.authorization).toBe('Bearer t1')
})

test('D17 U87 an absolute-form path carries no token, whatever the origin says', async () => {
  const { agent, server } = await bearerRoad()
  const { body } = await agent.request({ origin: server.origin, path: 'http://evil.example/x', method: 'GET' })
  await body.dump()
  expect(server.requests.map(({ url, authorization }) => [url, authorization])).toEqual([
    ['http://evil.example/x', undefined]
  ])
})

test('D24 U88 CONNECT carries no token', async () => {
  const { interceptor } = await bearerRoad({ routes: () => [{ origin: 'https://users.internal', request: read }] })
  const seen: unknown[] = []
  const dispatch = interceptor((options) => {
    seen.push(options.headers)
    return true
  })
  dispatch({ origin: 'https://users.internal', path: '/', method: 'CONNECT' }, { onRequestStart() {} })
  expect(seen).toEqual([undefined])
})

test('D15 U86 a Client and a Pool that are named in the request get the token', async () => {
  const { server, interceptor } = await bearerRoad()
  for (const dispatcher of [new Client(server.origin), new Pool(server.origin)]) {
    const composed = closing(dispatcher).compose(interceptor)
    const { body } = await composed.request({ origin: server.origin, path: '/', method: 'GET' })
    await body.dump()
  }
  expect(server.requests.map(({ authorization }) => authorization)).toEqual(['Bearer t1', 'Bearer t1'])
})

test.runIf(undiciMajor === 8)('D15 U86 undici 8 tells the origin of a Client and a Pool by itself', async () => {
  const { server, interceptor } = await bearerRoad()
  for (const dispatcher of [new Client(server.origin), new Pool(server.origin)]) {
    const composed = closing(dispatcher).compose(interceptor)
    const { body } = await composed.request({ path: '/', method: 'GET' } as never)
    await body.dump()
  }
  expect(server.requests.map(({ authorization }) => authorization)).toEqual(['Bearer t1', 'Bearer t1'])
})

test.runIf(undiciMajor === 8)(
  'D16 U85 undici 8 tells where a Client is bound: a request that names another origin passes without a token',
  async () => {
    const { server, interceptor } = await bearerRoad()
    const elsewhere = await resourceServer()
    const composed = closing(new Client(elsewhere.origin)).compose(interceptor)
    const { body } = await composed.request({ origin: server.origin, path: '/', method: 'GET' })
    await body.dump()
    expect(elsewhere.requests.map(({ authorization }) => authorization)).toEqual([undefined])
  }
)

test.runIf(undiciMajor === 8)('U89 a BalancedPool gets no token: it chooses among several', async () => {
  const { server, interceptor } = await bearerRoad()
  const composed = closing(new BalancedPool(server.origin)).compose(interceptor)
  const { body } = await composed.request({ origin: server.origin, path: '/', method: 'GET' })
  await body.dump()
  expect(server.requests.map(({ authorization }) => authorization)).toEqual([undefined])
})

test('D15 a request without any origin is an error, not a silent 401', async () => {
  const { server, interceptor } = await bearerRoad()
  const dispatchers =
    undiciMajor === 8 ? [new BalancedPool(server.origin)] : [new Client(server.origin), new BalancedPool(server.origin)]
  for (const dispatcher of dispatchers) {
    const composed = closing(dispatcher).compose(interceptor)
    const sent = composed.request({ path: '/', method: 'GET' } as never)
    await expect(sent).rejects.toMatchObject({ code: 'ERR_MISSING_ORIGIN', transient: false })
  }
  expect(server.requests).toEqual([])
})

test('D15 without an origin the caller can still bring an Authorization', async () => {
  const { server, interceptor } = await bearerRoad()
  const composed = closing(new Client(server.origin)).compose(interceptor)
  const headers = { authorization: 'Basic mine' }
  const { body } = await composed.request({ path: '/', method: 'GET', headers } as never)
  await body.dump()
  expect(server.requests[0]?.authorization).toBe('Basic mine')
})

test.each<[string, object]>([
  ['in the path', { path: '/?access_token=x' }],
  ['behind other fields', { path: '/?a=1&access_token' }],
  ['encoded', { path: '/?%61ccess_token=x' }],
  ['in the query option', { path: '/', query: { access_token: 'x' } }]
])('C25 C27 access_token %s is refused before anything is sent', async (_where, options) => {
  const { agent, server } = await bearerRoad()
  const sent = agent.request({ origin: server.origin, method: 'GET', ...options } as never)
  await expect(sent).rejects.toMatchObject({ code: 'ERR_TOKEN_IN_QUERY', transient: false })
  await expect(sent).rejects.not.toThrow('=x')
  expect(server.requests).toEqual([])
})

test('C25 access_token in the query of a foreign origin is not refused', async () => {
  const { agent } = await bearerRoad()
  const foreign = await resourceServer()
  const { body } = await request(`${foreign.origin}/?access_token=x`, { dispatcher: agent })
  expect(await body.text()).toBe('/?access_token=x')
})

test.each(['interceptor', 'fetch'])(
  'C29 the %s gives no token to a server whose certificate is not trusted',
  async (way) => {
    const heard: unknown[] = []
    const server = createServer(selfSigned(), (request) => void heard.push(request.headers))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
    const { agent, tokens, routes } = await bearerRoad({ routes: () => [{ origin, request: read }] })
    const fetch = bearerFetch({ source: tokens, routes, ...unobserved })
    const asked = way === 'fetch' ? fetch(origin) : agent.request({ origin, path: '/', method: 'GET' })
    await expect(asked.catch((error) => Promise.reject(error.cause ?? error))).rejects.toMatchObject({
      code: 'DEPTH_ZERO_SELF_SIGNED_CERT'
    })
    expect(heard).toEqual([])
  }
)
