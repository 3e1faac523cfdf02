import { gzipSync } from 'node:zlib'
import type { Dispatcher } from 'undici'
import { expect, test } from 'vitest'
import { bearerInterceptor } from '../../src/bearer/interceptor.ts'
import { tokenRequest } from '../../src/token/token-request.ts'
import { bearerRoad, closing, type Road, read, settled, until } from '../support/bearer.ts'
import { type Answer, accepting, ok } from '../support/resource-server.ts'
import { testTokens, unobserved } from '../support/tokens.ts'
import { undici } from '../support/undici.ts'

const { Agent, interceptors, request } = undici

type Interceptor = Dispatcher.DispatcherComposeInterceptor

/** Our interceptor and another one, composed in this order. The last one is the outermost. */
function composed({ interceptor }: Road, other: Interceptor, place: string): Dispatcher {
  return closing(new Agent()).compose(place === 'inside' ? [other, interceptor] : [interceptor, other])
}

const places = ['inside', 'outside']

test.each(places)('U104 retry %s ours: a 503, a 401 and then 200 are one answer, and nothing hangs', async (place) => {
  let calls = 0
  const road = await bearerRoad({
    answer: (received, response) =>
      ++calls === 1 ? response.writeHead(503).end() : accepting('t2')(received, response)
  })
  const retry = interceptors.retry({ maxRetries: 2, minTimeout: 1, timeoutFactor: 1, statusCodes: [503] })
  const { statusCode, body } = await request(`${road.server.origin}/users`, {
    dispatcher: composed(road, retry, place)
  })
  expect(statusCode).toBe(200)
  expect(await body.text()).toBe('/users')
  expect(road.server.requests.map(({ authorization }) => authorization)).toEqual([
    'Bearer t1',
    'Bearer t1',
    'Bearer t2'
  ])
})

test.each(places)('U104 retry %s ours that repeats a 401 as well does not hang on the one it gets', async (place) => {
  const road = await bearerRoad({ answer: accepting('nobody') })
  const retry = interceptors.retry({ maxRetries: 1, minTimeout: 1, timeoutFactor: 1, statusCodes: [401] })
  const sent = request(road.server.origin, { dispatcher: composed(road, retry, place) })
  await expect(sent).rejects.toMatchObject({ statusCode: 401 })
})

test('U104 a 401 that is given back late can still be repeated by retry outside', async () => {
  let calls = 0
  const road = await bearerRoad({
    answer: (received, response) => accepting(++calls > 1 ? 't1' : 'nobody')(received, response)
  })
  road.tokens.fail(new Error('down'))
  const retry = interceptors.retry({ maxRetries: 1, minTimeout: 1, timeoutFactor: 1, statusCodes: [401] })
  const { statusCode, body } = await request(road.server.origin, { dispatcher: composed(road, retry, 'outside') })
  await body.dump()
  expect(statusCode).toBe(200)
})

test('U115 retry outside ours leaves the errors of the token client alone', async () => {
  const road = await bearerRoad({ warm: false })
  let asked = 0
  const error = Object.assign(new Error('no token'), { code: 'ERR_NETWORK' })
  const refusing = bearerInterceptor({
    source: { token: () => Promise.reject(++asked && error) },
    routes: road.routes,
    ...unobserved
  })
  const retry = interceptors.retry({ maxRetries: 2, minTimeout: 1 })
  const dispatcher = closing(new Agent()).compose(refusing, retry)
  await expect(request(road.server.origin, { dispatcher })).rejects.toBe(error)
  expect(asked).toBe(1)
})

test.each([
  ['inside', 3],
  ['outside', 3]
])('D11 U82 redirect %s ours follows within the origin, a token on each hop', async (place, requests) => {
  const road = await bearerRoad({
    answer: (received, response) =>
      received.url === '/old'
        ? response.writeHead(307, { location: '/new' }).end()
        : accepting('t2')(received, response)
  })
  const redirect = interceptors.redirect({ maxRedirections: 2 })
  const { statusCode, body } = await request(`${road.server.origin}/old`, {
    dispatcher: composed(road, redirect, place)
  })
  expect(await body.text()).toBe('/new')
  expect(statusCode).toBe(200)
  expect(road.server.requests.length).toBeGreaterThanOrEqual(requests)
  expect(road.server.requests.every(({ authorization }) => authorization !== undefined)).toBe(true)
})

test('U100 with redirect inside ours the caller still sees where the request went', async () => {
  const road = await bearerRoad({
    answer: (received, response) =>
      received.url === '/old' ? response.writeHead(302, { location: '/new' }).end() : ok(received, response)
  })
  const dispatcher = composed(road, interceptors.redirect({ maxRedirections: 2 }), 'inside')
  const { body, context } = await request(`${road.server.origin}/old`, { dispatcher })
  await body.dump()
  const { history } = context as { history: URL[] }
  expect(history.map(({ pathname }) => pathname)).toContain('/old')
})

test('U106 dns belongs inside ours: the origin is then the name, and the token goes out', async () => {
  const road = await bearerRoad({
    answer: accepting('t2'),
    routes: (origin) => [{ origin: origin.replace('127.0.0.1', 'localhost'), request: read }]
  })
  const dns = interceptors.dns({ affinity: 4, dualStack: false })
  const dispatcher = composed(road, dns, 'inside')
  const { statusCode, body } = await request(`http://localhost:${road.server.port}/`, { dispatcher })
  await body.dump()
  expect(statusCode).toBe(200)
  expect(road.server.requests.map(({ authorization }) => authorization)).toEqual(['Bearer t1', 'Bearer t2'])
})

test('U106 dns outside ours shows an address that no policy names, and no token goes out', async () => {
  const road = await bearerRoad({
    routes: (origin) => [{ origin: origin.replace('127.0.0.1', 'localhost'), request: read }]
  })
  const dns = interceptors.dns({ affinity: 4, dualStack: false })
  const dispatcher = composed(road, dns, 'outside')
  const { body } = await request(`http://localhost:${road.server.port}/`, { dispatcher })
  await body.dump()
  expect(road.server.requests.map(({ authorization }) => authorization)).toEqual([undefined])
})

const cacheable: Answer = ({ authorization }, response) => {
  response.writeHead(200, { 'cache-control': 'max-age=60', vary: 'accept' }).end(authorization)
}

test('D36 U107 two identities that share a cache inside ours never read each other', async () => {
  const road = await bearerRoad({ answer: cacheable })
  const store = new undici.cacheStores.MemoryCacheStore()
  const cache = interceptors.cache({ store })
  const other = bearerInterceptor({
    source: testTokens({ warm: [tokenRequest({}), read] }),
    routes: road.routes,
    ...unobserved
  })
  for (const [identity, token] of [
    [road.interceptor, 'Bearer t1'],
    [other, 'Bearer t2']
  ] as const) {
    const dispatcher = closing(new Agent()).compose(cache, identity)
    for (const _ of [1, 2]) {
      const { body } = await request(road.server.origin, { dispatcher })
      expect(await body.text()).toBe(token)
    }
  }
})

test.each(places)('D36 U105 cache %s ours gives the answer of the second attempt', async (place) => {
  const road = await bearerRoad({ answer: accepting('t2') })
  const dispatcher = composed(road, interceptors.cache(), place)
  const { statusCode, body } = await request(`${road.server.origin}/users`, { dispatcher })
  expect(statusCode).toBe(200)
  expect(await body.text()).toBe('/users')
})

test.each(places)('D36 U105 deduplicate %s ours gives every caller the answer of the second attempt', async (place) => {
  const road = await bearerRoad({ answer: accepting('t2') })
  const dispatcher = composed(road, interceptors.deduplicate(), place)
  const answers = await Promise.all([1, 2, 3].map(() => request(`${road.server.origin}/users`, { dispatcher })))
  for (const { statusCode, body } of answers) {
    expect(statusCode).toBe(200)
    expect(await body.text()).toBe('/users')
  }
})

test.each(places)('U105 dump %s ours drops the body of the second attempt and keeps its status', async (place) => {
  const road = await bearerRoad({ answer: accepting('t2') })
  const dispatcher = composed(road, interceptors.dump({ maxSize: 1024 }), place)
  const { statusCode, body } = await request(road.server.origin, { dispatcher })
  expect(await body.text()).toBe('')
  expect(statusCode).toBe(200)
})

test('W44 with dump around ours an abort during the wait takes effect after it, and with dump inside at once', async () => {
  for (const place of places) {
    const road = await bearerRoad({ warm: false })
    road.tokens.hold()
    const leaving = new AbortController()
    const dispatcher = composed(road, interceptors.dump({ maxSize: 1024 }), place)
    const order: string[] = []
    const sent = request(road.server.origin, { dispatcher, signal: leaving.signal })
    const left = sent.catch(({ message }) => order.push(message))
    await until(() => road.tokens.waiting === 1)
    leaving.abort(new Error('left'))
    await settled()
    order.push('token')
    road.tokens.open()
    await left
    expect([place, ...order]).toEqual(place === 'inside' ? ['inside', 'left', 'token'] : ['outside', 'token', 'left'])
    // Since 8.13, undici itself drops what was aborted before it reached a connection.
    expect(road.server.requests.length).toBeLessThanOrEqual(place === 'inside' ? 0 : 1)
  }
})

test.each(places)('U105 decompress %s ours unpacks the second attempt', async (place) => {
  const road = await bearerRoad({
    answer: (received, response) => {
      if (received.authorization !== 'Bearer t2') return accepting('t2')(received, response)
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('unpacked'))
    }
  })
  const dispatcher = composed(road, interceptors.decompress(), place)
  const { statusCode, body } = await request(road.server.origin, { dispatcher })
  expect(statusCode).toBe(200)
  expect(await body.text()).toBe('unpacked')
})

test('U39 a packed 401 is given back packed as it came', async () => {
  const packed = gzipSync('refused')
  const road = await bearerRoad({
    answer: (_received, response) => response.writeHead(401, { 'content-encoding': 'gzip' }).end(packed)
  })
  road.tokens.fail(new Error('down'))
  const { body } = await request(road.server.origin, { dispatcher: road.agent })
  expect(Buffer.from(await body.arrayBuffer())).toEqual(packed)
})

test('U105 responseError outside ours makes an error of the second 401 only', async () => {
  const road = await bearerRoad({ answer: accepting('t2') })
  const dispatcher = composed(road, interceptors.responseError(), 'outside')
  const { statusCode, body } = await request(road.server.origin, { dispatcher })
  await body.dump()
  expect(statusCode).toBe(200)
})

test('U105 ours twice, by two clients: the outer one decides, one header is sent, and at most one repeat', async () => {
  const road = await bearerRoad({ answer: accepting('nobody') })
  const inner = testTokens({ warm: [read] })
  const second = bearerInterceptor({ source: inner, routes: road.routes, ...unobserved })
  const dispatcher = closing(new Agent()).compose(second, road.interceptor)
  const { statusCode, body } = await request(road.server.origin, { dispatcher })
  await body.dump()
  expect(statusCode).toBe(401)
  expect(road.server.requests).toHaveLength(2)
  expect(inner.issued).toBe(1)
})

test('two clients on one Agent, each with its own origins, serve both', async () => {
  const one = await bearerRoad()
  const other = await bearerRoad()
  const otherTokens = testTokens({ warm: [tokenRequest({}), read] })
  const second = bearerInterceptor({ source: otherTokens, routes: other.routes, ...unobserved })
  const dispatcher = closing(new Agent()).compose(one.interceptor, second)
  for (const { server } of [one, other]) await (await request(server.origin, { dispatcher })).body.dump()
  expect(one.server.requests[0]?.authorization).toBe('Bearer t1')
  expect(other.server.requests[0]?.authorization).toBe('Bearer t2')
})

test('routes are asked again at every hop: each path gets the token of its own route', async () => {
  const admin = tokenRequest({ scope: ['admin'] })
  const road = await bearerRoad({
    answer: (received, response) =>
      received.url === '/old' ? response.writeHead(307, { location: '/admin/new' }).end() : ok(received, response),
    routes: (origin) => [
      { origin, request: read },
      { origin, path: '/admin/', request: admin }
    ]
  })
  const dispatcher = composed(road, interceptors.redirect({ maxRedirections: 1 }), 'outside')
  await (await request(`${road.server.origin}/old`, { dispatcher })).body.dump()
  expect(road.server.requests.map(({ authorization }) => authorization)).toEqual(['Bearer t1', 'Bearer t2'])
})
