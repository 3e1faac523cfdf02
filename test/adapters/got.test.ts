import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import gotLibrary, { type ExtendOptions, type Got } from 'got'
import { expect, test } from 'vitest'
import { gotHooks } from '../../src/adapters/index.ts'
import type { BearerPolicy, TokenClient } from '../../src/index.ts'
import { settled, until } from '../support/bearer.ts'
import { type Answer, accepting, resourceServer } from '../support/resource-server.ts'
import { road } from '../support/road.ts'
import { generous, refusingApi, waiting, withoutToken } from './api.ts'

function got(tokens: TokenClient, policy: BearerPolicy, options: ExtendOptions = {}): Got {
  return gotLibrary.extend({ hooks: gotHooks(tokens, policy), throwHttpErrors: false, retry: { limit: 0 } }, options)
}

test('W11 D1 got: a refused token is replaced and the request sent once more', async () => {
  const { tokens, api, refused, rejections } = await refusingApi()
  const users = got(tokens, { origins: [api.origin] }, { prefixUrl: api.origin })
  expect(await users('users', { headers: { 'x-user': 'kept' } }).text()).toBe('/users')
  expect(api.requests.map(({ authorization }) => authorization === refused)).toEqual([true, false])
  expect(api.requests.map(({ headers }) => headers['x-user'])).toEqual(['kept', 'kept'])
  expect(rejections).toMatchObject([{ origin: api.origin, status: 401, error: 'invalid_token' }])
})

test.each([
  ['JSON', { json: { a: 'sent' } }],
  ['a form', { form: { a: 'sent' } }],
  ['a string', { body: 'sent' }],
  ['bytes', { body: new TextEncoder().encode('sent') }]
])('W11 D9 got repeats a request with a body that is %s', async (_kind, options) => {
  const { tokens, api } = await refusingApi()
  const { statusCode } = await got(tokens, { origins: [api.origin] }).post(api.origin, options)
  expect(statusCode).toBe(200)
  const [first, second] = api.requests
  expect(second?.body).toBe(first?.body)
  expect(second?.body).toContain('sent')
  expect(second?.headers['content-type']).toBe(first?.headers['content-type'])
})

async function* generated(): AsyncGenerator<string> {
  yield 'sent'
}

test.each([
  ['a stream', () => Readable.from(['sent'])],
  ['a generator', generated]
])(
  'W11 D2 got gives the 401 to the caller if the body was %s, and the next call has another token',
  async (_kind, make) => {
    const { tokens, api } = await refusingApi()
    const users = got(tokens, { origins: [api.origin] })
    const { statusCode, body } = await users.post(api.origin, { body: make() })
    expect([statusCode, body]).toEqual([401, 'refused'])
    expect((await users(api.origin)).statusCode).toBe(200)
    expect(api.requests).toHaveLength(2)
  }
)

test.each([
  ['a 401 that stays', 401, 'Bearer', 2],
  ['a scope that is missing', 401, 'Bearer error="insufficient_scope"', 1],
  ['another scheme', 401, 'Basic', 1],
  ['403', 403, 'Bearer', 1]
])('W11 D4 D5 D6 got gives the caller %s', async (_kind, status, challenge, requests) => {
  const { tokens, api, rejections } = await refusingApi((_received, response) =>
    response.writeHead(status, { 'www-authenticate': challenge }).end('as it is')
  )
  const { statusCode, body } = await got(tokens, { origins: [api.origin] })(api.origin)
  expect([statusCode, body]).toEqual([status, 'as it is'])
  expect(api.requests).toHaveLength(requests)
  expect(rejections.map(({ serial }) => serial)).toEqual(requests === 2 ? [1, 2] : [1])
})

test('W11 D4 a 401 that remains becomes the HTTPError of got, with and without retries of its own', async () => {
  const { tokens, api } = await refusingApi((_received, response) => response.writeHead(401).end())
  const users = got(tokens, { origins: [api.origin] }, { throwHttpErrors: true, retry: { limit: 2 } })
  await expect(users(api.origin)).rejects.toMatchObject({ name: 'HTTPError' })
  expect(api.requests).toHaveLength(2)
})

test('W11 a retry of got itself uses the current token', async () => {
  const { tokens, api, clock, refused } = await refusingApi((received, response) =>
    api.requests.length === 1 ? response.writeHead(503).end() : response.end(received.authorization)
  )
  const users = got(
    tokens,
    { origins: [api.origin] },
    {
      retry: { limit: 1, calculateDelay: ({ computedValue }) => (computedValue === 0 ? 0 : 1) },
      hooks: { beforeRetry: [() => clock.advance(13 * 3_600_000)] }
    }
  )
  const { body } = await users(api.origin)
  expect(body).toMatch(/^Bearer /)
  expect(body).not.toBe(refused)
})

function redirects(map: Readonly<Record<string, readonly [status: number, location: string]>>): Answer {
  return ({ url, body }, response) => {
    const [status, location] = map[url] ?? []
    if (status === undefined) return response.end(body)
    return response.writeHead(status, { location }).end()
  }
}

test('W11 W3 got: the policy is checked for each hop, and after a foreign origin no later hop gets a token', async () => {
  const { tokens } = await road()
  const home = await resourceServer(
    redirects({ '/': [302, '/public'], '/public': [302, '/admin'], '/away': [302, '//'] })
  )
  const policy = { routes: { [`${home.origin}/admin`]: {} } }
  await got(tokens, policy)(`${home.origin}/`)
  expect(home.requests.map(({ url, authorization }) => [url, authorization !== undefined])).toEqual([
    ['/', false],
    ['/public', false],
    ['/admin', true]
  ])
})

test('W11 W3 D11 got: a foreign page that redirects home gets no token attached there', async () => {
  const { tokens } = await road()
  const internal = await resourceServer()
  const foreign = await resourceServer(redirects({ '/': [307, internal.origin] }))
  const home = await resourceServer(redirects({ '/': [307, foreign.origin] }))
  const users = got(tokens, { origins: [home.origin, internal.origin] })
  await users(home.origin)
  await users(foreign.origin)
  expect(home.requests.map(({ authorization }) => authorization !== undefined)).toEqual([true])
  expect(foreign.requests.map(({ authorization }) => authorization)).toEqual([undefined, undefined])
  expect(internal.requests.map(({ authorization }) => authorization)).toEqual([undefined, undefined])
})

test('W11 W38 got: POST, 303, GET, 401: the GET alone is sent once more', async () => {
  const { tokens, api, refused } = await refusingApi((received, response) => {
    if (received.method === 'POST') return response.writeHead(303, { location: '/1' }).end()
    return response.writeHead(received.authorization === refused ? 401 : 200).end()
  })
  const { statusCode } = await got(tokens, { origins: [api.origin] }).post(`${api.origin}/orders`, {
    body: 'one order'
  })
  expect(statusCode).toBe(200)
  expect(api.requests.map(({ method, url }) => `${method} ${url}`)).toEqual(['POST /orders', 'GET /1', 'GET /1'])
})

test('W11 U84 got: a 401 of a foreign origin costs no token', async () => {
  const foreign = await resourceServer(accepting('nobody'))
  const { tokens, api, rejections } = await refusingApi(redirects({ '/': [302, foreign.origin] }))
  expect((await got(tokens, { origins: [api.origin] })(api.origin)).statusCode).toBe(401)
  expect(foreign.requests.map(({ authorization }) => authorization)).toEqual([undefined])
  expect(rejections).toEqual([])
})

test("W11 D20 W7 got: the caller's own Authorization is sent without ours, and one that is undefined is ignored", async () => {
  const { tokens, api, refused } = await refusingApi((_received, response) => response.writeHead(401).end())
  const users = got(tokens, { origins: [api.origin] })
  await users(api.origin, { headers: { Authorization: 'Basic mine' } })
  await users(api.origin, { username: 'me', password: 'mine' })
  expect(api.requests.map(({ authorization }) => authorization?.slice(0, 5))).toEqual(['Basic', 'Basic'])
  await users(api.origin, { headers: { Authorization: undefined } })
  expect(api.requests[2]?.authorization).toBe(refused)
})

test('W11 W4 C25 got refuses the Host of another service and a token in the query', async () => {
  const { tokens, api } = await refusingApi()
  const users = got(tokens, { origins: [api.origin] })
  await expect(users(api.origin, { headers: { host: 'evil.test' } })).rejects.toMatchObject({
    code: 'ERR_UNCERTAIN_ORIGIN'
  })
  await expect(users(`${api.origin}/?access_token=x`)).rejects.toMatchObject({ code: 'ERR_TOKEN_IN_QUERY' })
  expect(api.requests).toEqual([])
})

const later: readonly [
  string,
  (options: { url?: string | URL | undefined; headers: object }, away: string) => unknown
][] = [
  ['another URL', (options, away) => void Object.assign(options, { url: new URL(away) })],
  [
    'another port of the same URL object',
    ({ url }, away) => void Object.assign(url as URL, { port: new URL(away).port })
  ],
  ['another path with a rule of its own', ({ url }) => void Object.assign(url as URL, { pathname: '/admin/x' })],
  ['the Host of another service', ({ headers }) => void Object.assign(headers, { host: 'evil.test' })],
  [
    'another URL, a moment later',
    async (options, away) => {
      await settled(1)
      Object.assign(options, { url: new URL(away) })
    }
  ]
]

test.each(later)('W11 W2 a later hook that sets %s does not take the token to another place', async (_what, change) => {
  const { tokens } = await road({ scope: ['read_user'] })
  const [api, elsewhere] = [await resourceServer(() => {}), await resourceServer(() => {})]
  const routes = { [api.origin]: {}, [`${api.origin}/admin/`]: { scope: ['read_user'] } }
  const beforeRequest = [(options: Parameters<typeof change>[0]) => change(options, elsewhere.origin) as undefined]
  const users = got(tokens, { routes }).extend({ hooks: { beforeRequest } })
  await expect(users(`${api.origin}/users`)).rejects.toMatchObject({ code: 'ERR_UNCERTAIN_ORIGIN' })
  expect([...api.requests, ...elsewhere.requests]).toEqual([])
})

test('W11 a request function of the user still makes the requests, on each hop and attempt', async () => {
  const { tokens, api } = await refusingApi()
  const asked: string[] = []
  const users = got(tokens, { origins: [api.origin] }, { request: (url) => void asked.push(url.pathname) })
  expect((await users(`${api.origin}/users`)).statusCode).toBe(200)
  expect((await users(`${api.origin}/users`)).statusCode).toBe(200)
  expect(asked).toEqual(['/users', '/users', '/users'])
})

test('W11 got with a cache: a call has its token, a refused one is replaced, and what is kept is not asked for again', async () => {
  const { tokens, api, refused } = await refusingApi()
  const users = got(tokens, { origins: [api.origin] }, { cache: new Map() })
  const { statusCode, body } = await users(`${api.origin}/users?id=42`)
  expect([statusCode, body]).toEqual([200, '/users?id=42'])
  expect(api.requests.map(({ authorization }) => authorization === refused)).toEqual([true, false])
  const kept = await resourceServer((_received, response) => {
    response.setHeader('cache-control', 'public, max-age=60')
    response.end('kept')
  })
  const others = got(tokens, { origins: [kept.origin] }, { cache: new Map(), cacheOptions: { shared: false } })
  for (let call = 0; call < 2; call += 1) expect((await others(kept.origin)).body).toBe('kept')
  expect(kept.requests).toHaveLength(1)
})

test('W11 W2 got with a cache: a later hook takes the token to no other place', async () => {
  const { tokens } = await road()
  const [api, elsewhere] = [await resourceServer(), await resourceServer()]
  const change = (options: { url?: unknown }) => void Object.assign(options, { url: new URL(elsewhere.origin) })
  const hooks = { beforeRequest: [change as () => undefined] }
  const users = got(tokens, { origins: [api.origin] }).extend({ hooks, cache: new Map() })
  await expect(users(api.origin)).rejects.toMatchObject({ code: 'ERR_UNCERTAIN_ORIGIN' })
  expect([...api.requests, ...elsewhere.requests]).toEqual([])
})

test('W11 got with a cache asks the request function of the user, also for an address of IPv6', async () => {
  const { tokens } = await road()
  const request = () => {
    throw new Error('asked')
  }
  const users = got(tokens, { origins: ['http://[::1]:9'] }, { cache: new Map(), request })
  await expect(users('http://[::1]:9/users')).rejects.toThrow('asked')
})

test('W11 D29 without a token got sends nothing, and its error has that of the token client for its cause', async () => {
  const tokens = await withoutToken()
  const api = await resourceServer()
  await expect(got(tokens, { origins: [api.origin] })(api.origin)).rejects.toMatchObject({
    code: 'ERR_INVALID_SCOPE',
    cause: { name: 'TokenClientError' }
  })
  expect(api.requests).toEqual([])
})

test('W11 D27 the signal ends the wait of got for a token', async () => {
  const tokens = await waiting()
  const api = await resourceServer()
  const controller = new AbortController()
  const sent = got(tokens, { origins: [api.origin] })(api.origin, { signal: controller.signal })
  await settled()
  controller.abort()
  await expect(sent).rejects.toThrow('aborted')
  expect(api.requests).toEqual([])
})

test('W11 got.stream carries the token; the caller gets its 401, and the next call has another token', async () => {
  const { tokens, api, refused } = await refusingApi()
  const users = got(tokens, { origins: [api.origin] }, { throwHttpErrors: true })
  await expect(text(users.stream(api.origin))).rejects.toMatchObject({ name: 'HTTPError' })
  expect(api.requests.map(({ authorization }) => authorization)).toEqual([refused])
  await until(() => tokens.health().tokens[0]?.state === 'fresh')
  expect(await text(users.stream(api.origin))).toBe('/')
})

test('W11 D4 got sends a request at most twice, even if there is a new token after each refusal', async () => {
  const api = await resourceServer(accepting('nobody'))
  const { client, tokens } = generous(api.origin)
  const users = got(client, { origins: [api.origin] }, { throwHttpErrors: true })
  await expect(users(api.origin)).rejects.toMatchObject({ name: 'HTTPError' })
  await settled()
  expect(api.requests.map(({ authorization }) => authorization)).toEqual(['Bearer t1', 'Bearer t2'])
  expect(tokens.issued).toBe(2)
})

test('W11 two parallel calls share only the tokens', async () => {
  const { tokens, api } = await refusingApi()
  const foreign = await resourceServer()
  const users = got(tokens, { origins: [api.origin] })
  const bodies = await Promise.all([
    users(`${api.origin}/a`).text(),
    users(foreign.origin).text(),
    users(`${api.origin}/b`).text()
  ])
  expect(bodies).toEqual(['/a', '/', '/b'])
  expect(foreign.requests.map(({ authorization }) => authorization)).toEqual([undefined])
})
