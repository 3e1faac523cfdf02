import { expect, test } from 'vitest'
import type { Fetch } from '../../src/bearer/fetch-body.ts'
import type { Route } from '../../src/bearer/routes.ts'
import { tokenRequest } from '../../src/token/token-request.ts'
import { fetchRoad, read, settled, until } from '../support/bearer.ts'
import { type Answer, accepting, type ResourceServer, resourceServer } from '../support/resource-server.ts'

const admin = tokenRequest({ scope: ['admin'] })
const write = tokenRequest({ scope: ['write'] })

/** Redirects from path to path as the map says; everything else is an `ok`. */
function map(redirects: Readonly<Record<string, readonly [status: number, location: string]>>): Answer {
  return ({ url }, response) => {
    const [status, location] = redirects[url] ?? []
    if (status === undefined || location === undefined) return response.end('there')
    return response.writeHead(status, { location }).end()
  }
}

function carried({ requests }: ResourceServer): (readonly [string, string, string | undefined])[] {
  return requests.map(({ method, url, authorization }) => [method, url, authorization])
}

/** One rule for the first server and another one for the second. */
function both(second: ResourceServer): (origin: string) => readonly Route[] {
  return (origin) => [
    { origin, request: read },
    { origin: second.origin, request: write }
  ]
}

test('W3 a redirect from a path with a rule to one without takes no token along', async () => {
  const { fetchWithToken, server } = await fetchRoad({
    answer: map({ '/admin/a': [307, '/public/x'] }),
    routes: (origin) => [{ origin, path: '/admin/', request: read }]
  })
  expect((await fetchWithToken(`${server.origin}/admin/a`)).redirected).toBe(true)
  expect(carried(server)).toEqual([
    ['GET', '/admin/a', 'Bearer t1'],
    ['GET', '/public/x', undefined]
  ])
})

test('W3 back under a rule of the same origin the token is there again', async () => {
  const { fetchWithToken, server } = await fetchRoad({
    answer: map({ '/admin/a': [302, '/public/x'], '/public/x': [302, '/admin/b'] }),
    routes: (origin) => [{ origin, path: '/admin/', request: read }]
  })
  await fetchWithToken(`${server.origin}/admin/a`)
  expect(carried(server).map(([, , authorization]) => authorization)).toEqual(['Bearer t1', undefined, 'Bearer t1'])
})

test('W3 each hop gets the token of its own rule, of a second origin of the policy as well', async () => {
  const second = await resourceServer()
  const { fetchWithToken, server } = await fetchRoad({
    answer: map({ '/a': [302, '/admin/b'], '/admin/b': [302, `${second.origin}/c`] }),
    routes: (origin) => [
      { origin, path: '/admin/', request: admin },
      { origin, request: read },
      { origin: second.origin, request: write }
    ]
  })
  const { url, redirected } = await fetchWithToken(`${server.origin}/a`)
  expect({ url, redirected }).toEqual({ url: `${second.origin}/c`, redirected: true })
  expect([...carried(server), ...carried(second)]).toEqual([
    ['GET', '/a', 'Bearer t1'],
    ['GET', '/admin/b', 'Bearer t2'],
    ['GET', '/c', 'Bearer t3']
  ])
})

test.each([301, 302, 303, 307, 308])(
  'W3 D11 after a hop outside the policy no later hop of a %i gets a token',
  async (status) => {
    const second = await resourceServer()
    const foreign = await resourceServer(map({ '/away': [status, `${second.origin}/c`] }))
    const { fetchWithToken, server } = await fetchRoad({
      answer: map({ '/a': [status, `${foreign.origin}/away`] }),
      routes: both(second)
    })
    await fetchWithToken(`${server.origin}/a`)
    const tokens = [server, foreign, second].map((place) => carried(place).map(([, , authorization]) => authorization))
    expect(tokens).toEqual([['Bearer t1'], [undefined], [undefined]])
  }
)

test('W3 a foreign page that redirects home gets no token attached there, wherever the chain began', async () => {
  const home = await resourceServer(accepting('nobody'))
  const foreign = await resourceServer(map({ '/away': [307, `${home.origin}/internal`] }))
  const { fetchWithToken, server, tokens } = await fetchRoad({
    answer: map({ '/a': [307, `${foreign.origin}/away`] }),
    routes: both(home)
  })
  expect((await fetchWithToken(`${server.origin}/a`)).status).toBe(401)
  expect((await fetchWithToken(`${foreign.origin}/away`)).status).toBe(401)
  expect(carried(home).map(([, , authorization]) => authorization)).toEqual([undefined, undefined])
  expect(tokens.issued).toBe(1)
})

test('W38 POST, 303, GET, 401: the GET alone is sent once more', async () => {
  const { fetchWithToken, server } = await fetchRoad({
    answer: (received, response) =>
      received.method === 'POST'
        ? response.writeHead(303, { location: '/orders/1' }).end()
        : accepting('t2')(received, response)
  })
  const { status } = await fetchWithToken(`${server.origin}/orders`, { method: 'POST', body: 'one order' })
  expect(status).toBe(200)
  expect(carried(server)).toEqual([
    ['POST', '/orders', 'Bearer t1'],
    ['GET', '/orders/1', 'Bearer t1'],
    ['GET', '/orders/1', 'Bearer t2']
  ])
})

test.each([
  ['a string', () => 'one order'],
  ['a Request', () => 'one order']
])('W38 POST, 307, POST, 401: the second POST alone is sent once more, its body from %s', async (kind, body) => {
  const { fetchWithToken, server } = await fetchRoad({
    answer: (received, response) =>
      received.url === '/orders'
        ? response.writeHead(307, { location: '/new/orders' }).end()
        : accepting('t2')(received, response)
  })
  const init = { method: 'POST', body: body() }
  const url = `${server.origin}/orders`
  await (kind === 'a Request' ? fetchWithToken(new Request(url, init)) : fetchWithToken(url, init))
  expect(server.requests.map(({ url, authorization, body }) => [url, authorization, body])).toEqual([
    ['/orders', 'Bearer t1', 'one order'],
    ['/new/orders', 'Bearer t1', 'one order'],
    ['/new/orders', 'Bearer t2', 'one order']
  ])
})

test('W38 a 401 before the redirect and one after it cost one repeat each', async () => {
  const seen = new Set<string>()
  const { fetchWithToken, server, rejections } = await fetchRoad({
    answer: ({ url }, response) => {
      if (!seen.has(url))
        return response.writeHead(401, { 'www-authenticate': `Bearer realm="${seen.add(url).size}"` }).end()
      if (url === '/a') return response.writeHead(302, { location: '/b' }).end()
      return response.end('there')
    }
  })
  expect(await (await fetchWithToken(`${server.origin}/a`)).text()).toBe('there')
  expect(carried(server).map(([, url, authorization]) => [url, authorization])).toEqual([
    ['/a', 'Bearer t1'],
    ['/a', 'Bearer t2'],
    ['/b', 'Bearer t2'],
    ['/b', 'Bearer t3']
  ])
  expect(rejections.map(({ serial }) => serial)).toEqual([1, 2])
})

test('U84 a 401 from a second origin of the policy concerns the token that went there', async () => {
  const second = await resourceServer(accepting('t3'))
  const { fetchWithToken, server, rejections } = await fetchRoad({
    answer: map({ '/': [307, second.origin] }),
    routes: both(second)
  })
  expect((await fetchWithToken(server.origin)).status).toBe(200)
  expect(carried(server)).toEqual([['GET', '/', 'Bearer t1']])
  expect(rejections).toMatchObject([{ origin: second.origin, serial: 2, scope: ['write'] }])
})

test('W3 with integrity no token travels past the first hop', async () => {
  const { fetchWithToken, server } = await fetchRoad({ answer: map({ '/a': [302, '/b'] }) })
  const integrity = 'sha256-HXFPo1oWlDGP0IqHEcBIZFJXLQRNuHbrU0YvRPjvJKc=' // not that of the body
  await expect(fetchWithToken(`${server.origin}/a`, { integrity })).rejects.toThrow('fetch failed')
  expect(carried(server)).toEqual([
    ['GET', '/a', 'Bearer t1'],
    ['GET', '/b', undefined]
  ])
})

test('C25 a redirect to a URL with access_token is refused', async () => {
  const { fetchWithToken, server } = await fetchRoad({ answer: map({ '/a': [302, '/b?access_token=x'] }) })
  await expect(fetchWithToken(`${server.origin}/a`)).rejects.toMatchObject({ code: 'ERR_TOKEN_IN_QUERY' })
  expect(server.requests).toHaveLength(1)
})

test('W4 the Host of another service is refused before anything is sent, and the own one does not go along to another origin', async () => {
  const second = await resourceServer()
  const { fetchWithToken, server } = await fetchRoad({
    answer: map({ '/away': [302, second.origin] }),
    routes: (origin) => [
      { origin, request: read },
      { origin: second.origin, request: write }
    ]
  })
  const foreign = { headers: { Host: 'evil.test' } }
  const own = { headers: { host: `127.0.0.1:${server.port}` } }
  await expect(fetchWithToken(`${server.origin}/there`, foreign)).rejects.toMatchObject({
    code: 'ERR_UNCERTAIN_ORIGIN'
  })
  expect(server.requests).toEqual([])
  expect((await fetchWithToken(`${server.origin}/away`, own)).status).toBe(200)
  expect(carried(second)).toEqual([['GET', '/', 'Bearer t2']]) // the Host of the first server is not sent along
})

test('D27 the signal ends the wait for the token of a later hop', async () => {
  const second = await resourceServer()
  const { fetchWithToken, server, tokens } = await fetchRoad({
    answer: map({ '/': [302, second.origin] }),
    routes: both(second)
  })
  tokens.hold()
  const controller = new AbortController()
  const sent = fetchWithToken(server.origin, { signal: controller.signal })
  await until(() => tokens.waiting === 1)
  controller.abort(new Error('the caller left'))
  await expect(sent).rejects.toThrow('the caller left')
  tokens.open()
  await settled()
  expect(second.requests).toEqual([])
})

test('D29 without a token for a later hop the call fails with the error of the token client', async () => {
  const second = await resourceServer()
  const { fetchWithToken, server, tokens } = await fetchRoad({
    answer: map({ '/': [302, second.origin] }),
    routes: both(second)
  })
  const error = new Error('no token')
  tokens.fail(error)
  await expect(fetchWithToken(server.origin)).rejects.toBe(error)
  expect(second.requests).toEqual([])
})

test('W3 what the caller asked to be manual or an error is not followed', async () => {
  const { fetchWithToken, server } = await fetchRoad({ answer: map({ '/': [302, '/there'] }) })
  const { status, headers } = await fetchWithToken(server.origin, { redirect: 'manual' })
  expect([status, headers.get('location')]).toEqual([302, '/there'])
  await expect(fetchWithToken(server.origin, { redirect: 'error' })).rejects.toThrow('fetch failed')
  expect(carried(server).map(([, url]) => url)).toEqual(['/', '/'])
})

test('W3 a base fetch that hides a redirect has its answer handed on as it came', async () => {
  const hidden = Object.defineProperty(Response.error(), 'type', { value: 'opaqueredirect' })
  const { fetchWithToken, server } = await fetchRoad({}, async () => hidden)
  expect(await fetchWithToken(server.origin)).toBe(hidden)
})

test('W38 a base fetch that follows by itself: its last answer says nothing of our token', async () => {
  const following: Fetch = (input, init) => fetch(input, { ...init, redirect: 'follow' })
  const answer: Answer = ({ url }, response) =>
    url === '/orders' ? response.writeHead(303, { location: '/1' }).end() : response.writeHead(401).end()
  const { fetchWithToken, server, tokens } = await fetchRoad({ answer }, following)
  expect((await fetchWithToken(`${server.origin}/orders`, { method: 'POST', body: 'one order' })).status).toBe(401)
  expect(server.requests).toHaveLength(2)
  expect(tokens.issued).toBe(1)
})

test('W3 the answer of a double that has no URL is followed as well', async () => {
  const asked: string[] = []
  const double = async (input: unknown): Promise<Response> => {
    asked.push(String(input))
    return asked.length === 1
      ? new Response(null, { status: 302, headers: { location: '/there' } })
      : new Response('there')
  }
  const { fetchWithToken, server } = await fetchRoad({}, double)
  const response = await fetchWithToken(server.origin)
  expect([await response.text(), response.redirected]).toEqual(['there', true])
  expect(asked).toEqual([`${server.origin}/`, `${server.origin}/there`])
})

test('the answer of a double that is no Response is handed on as it came', async () => {
  const double = { ok: true, status: 200, json: async () => ({ id: 42 }) } as Response
  const { fetchWithToken, server } = await fetchRoad({}, async () => double)
  expect(await fetchWithToken(server.origin)).toBe(double)
})

test.each(['GET', 'OPTIONS', 'QUERY'])(
  'W22 the second %s after a 401 goes past a base fetch that caches',
  async (method) => {
    const cached = new Map<string, Promise<Response>>()
    async function caching(...[input, init]: Parameters<Fetch>): Promise<Response> {
      const isFresh = (init as { readonly cache?: string } | undefined)?.cache === 'no-store'
      const kept = (isFresh ? undefined : cached.get(String(input))) ?? fetch(input, init)
      cached.set(String(input), kept)
      return (await kept).clone()
    }
    const { fetchWithToken, server } = await fetchRoad({ answer: accepting('t2') }, caching)
    expect((await fetchWithToken(server.origin, { method })).status).toBe(200)
    expect(server.requests).toHaveLength(2)
  }
)

test.each(['POST', 'PUT'])('W22 %s is cached nowhere, and is sent again unchanged', async (method) => {
  const { fetchWithToken, server } = await fetchRoad({ answer: accepting('t2') })
  await fetchWithToken(server.origin, { method, body: 'sent' })
  const fields = server.requests.map(({ headers: { authorization: _, ...rest } }) => rest)
  expect(fields[1]).toEqual(fields[0])
})

test('W22 a base fetch that refuses the option gets the second request without it, and is not asked again', async () => {
  const asked: unknown[] = []
  const refusing: Fetch = async (input, init) => {
    const { cache } = { cache: undefined, ...init }
    asked.push(cache)
    if (cache !== undefined) throw new TypeError("The 'cache' field is not implemented.")
    return fetch(input, init)
  }
  const { fetchWithToken, server } = await fetchRoad({ answer: accepting('t3') }, refusing)
  expect((await fetchWithToken(server.origin)).status).toBe(401)
  expect((await fetchWithToken(server.origin)).status).toBe(200)
  expect(asked).toEqual([undefined, 'no-store', undefined, undefined, undefined])
  expect(server.requests).toHaveLength(4)
})

test('D10 W22 a second request that breaks is not sent a third time', async () => {
  const { fetchWithToken, server } = await fetchRoad({
    answer: (received, response) =>
      received.authorization === 'Bearer t1' ? accepting()(received, response) : response.socket?.destroy()
  })
  await expect(fetchWithToken(server.origin)).rejects.toThrow('fetch failed')
  expect(server.requests).toHaveLength(2)
})

test('D1 a redirect that nobody reads is let go of before the next request', async () => {
  const events: string[] = []
  const base = async (input: unknown): Promise<Response> => {
    const { pathname } = new URL(String(input))
    events.push(pathname)
    if (pathname === '/b') return new Response('there')
    const response = new Response(null, { status: 302, headers: { location: '/b' } })
    return Object.defineProperty(response, 'body', { value: { cancel: async () => void events.push('let go') } })
  }
  const { fetchWithToken, server } = await fetchRoad({}, base)
  await fetchWithToken(`${server.origin}/a`)
  expect(events).toEqual(['/a', 'let go', '/b'])
})
