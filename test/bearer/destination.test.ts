import { channel } from 'node:diagnostics_channel'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import { bearerRoad, closing, type Road, read, until } from '../support/bearer.ts'
import { accepting, ok, type ResourceServer, resourceServer } from '../support/resource-server.ts'
import { undici, undiciMajor } from '../support/undici.ts'

const {
  Agent,
  BalancedPool,
  Client,
  Dispatcher: Base,
  Pool,
  ProxyAgent,
  RetryAgent,
  RoundRobinPool,
  interceptors
} = undici

/** A user's dispatcher that sends every request to one place. */
class Gateway extends Base {
  readonly #target: Dispatcher

  constructor(target: Dispatcher) {
    super()
    this.#target = target
  }

  override dispatch(...given: Parameters<Dispatcher['dispatch']>): boolean {
    return this.#target.dispatch(...given)
  }
}

const nothing: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) => dispatch(options, handler)

/** Dispatchers that send to the origin they were made for, whatever a request names, with interceptors below ours or without. */
const bound: readonly (readonly [string, (origin: string) => Dispatcher, Dispatcher.DispatcherComposeInterceptor[]])[] =
  [
    ['Client', (origin) => closing(new Client(origin)), []],
    ['Client with another interceptor below ours', (origin) => closing(new Client(origin)), [nothing]],
    ['Client with retry below ours', (origin) => closing(new Client(origin)), [interceptors.retry()]],
    ['Client that is composed already', (origin) => closing(new Client(origin)).compose(nothing), []],
    ['Pool', (origin) => closing(new Pool(origin)), []],
    ['RoundRobinPool', (origin) => closing(new RoundRobinPool(origin)), []],
    ['BalancedPool', (origin) => closing(new BalancedPool(origin)), []],
    ['RetryAgent of a Client', (origin) => new RetryAgent(closing(new Client(origin))), []],
    [
      'RetryAgent of a Pool, with another interceptor',
      (origin) => new RetryAgent(closing(new Pool(origin))),
      [nothing]
    ],
    ['dispatcher of your own around a Client', (origin) => new Gateway(closing(new Client(origin))), []],
    [
      'Agent whose factory gives one Pool for all',
      (origin) => closing(new Agent({ factory: () => new Pool(origin) })),
      []
    ]
  ]

interface Crossroads extends Road {
  /** A server that is not in the policy. */
  readonly elsewhere: ResourceServer
}

async function crossroads(warm = true): Promise<Crossroads> {
  return { ...(await bearerRoad({ warm })), elsewhere: await resourceServer(accepting('nobody')) }
}

function shown({ elsewhere }: Crossroads): (string | undefined)[] {
  return elsewhere.requests.map(({ authorization }) => authorization)
}

function ask(dispatcher: Dispatcher, origin: string, options: object = {}): Promise<number> {
  const sent = dispatcher.request({ origin, path: '/', method: 'GET', ...options })
  return sent.then(async ({ statusCode, body }) => {
    await body.dump()
    return statusCode
  })
}

const states = [
  { state: 'with a token at hand', warm: true },
  { state: 'after a wait', warm: false }
]
const cases = states.flatMap((state) => bound.map(([kind, make, below]) => ({ kind, make, below, ...state })))

test.each(cases)(
  'W5 D16 U85 a $kind for another origin than the request names sees no token, $state',
  async ({ make, below, warm }) => {
    const road = await crossroads(warm)
    const dispatcher = make(road.elsewhere.origin).compose(...below, road.interceptor)
    for (const _ of [1, 2, 3]) {
      const outcome = await ask(dispatcher, road.server.origin).catch((error) => error)
      if (outcome !== 401) expect(outcome).toMatchObject({ code: 'ERR_UNCERTAIN_ORIGIN', transient: false })
    }
    expect(shown(road).every((authorization) => authorization === undefined)).toBe(true)
    expect(road.server.requests).toEqual([])
  }
)

test('W5 a Client is still watched when it is named wrongly after it was named rightly many times', async () => {
  const road = await crossroads()
  const routes = (origin: string) => [origin, road.elsewhere.origin].map((one) => ({ origin: one, request: read }))
  const { interceptor, server } = await bearerRoad({ routes })
  const dispatcher = closing(new Client(server.origin)).compose(nothing, interceptor)
  for (let sent = 0; sent < 20; sent++) expect(await ask(dispatcher, server.origin)).toBe(200)
  const wrong = await ask(dispatcher, road.elsewhere.origin).catch(({ code }) => code)
  expect(wrong).toBe(undiciMajor === 7 ? 'ERR_UNCERTAIN_ORIGIN' : 200) // undici 8 says where it sends to, so no token is added
  const seen = server.requests.map(({ authorization }) => authorization)
  expect(seen.slice(0, 20)).toEqual(Array(20).fill('Bearer t1'))
  expect(seen.slice(20).every((authorization) => authorization === undefined)).toBe(true)
})

test('W5 a BalancedPool shows the token to no other of its origins', async () => {
  const road = await crossroads()
  const pool = closing(new BalancedPool([road.server.origin, road.elsewhere.origin])).compose(road.interceptor)
  for (let sent = 0; sent < 30; sent++) await ask(pool, road.server.origin).catch(() => {})
  expect(shown(road).every((authorization) => authorization === undefined)).toBe(true)
})

test('W5 a request that waits in the queue of a busy Pool for another origin shows no token when its turn comes', async () => {
  const road = await crossroads()
  let finish = (): void => {}
  const busy = await resourceServer((received, response) => {
    if (received.url === '/slow') finish = () => response.end()
    else ok(received, response)
  })
  const pool = closing(new Pool(busy.origin, { connections: 1 })).compose(nothing, road.interceptor)
  const slow = ask(pool, busy.origin, { path: '/slow' })
  await until(() => busy.requests.length === 1)
  const wrong = ask(pool, road.server.origin).catch(({ code }) => code)
  finish()
  expect([await slow, await wrong]).toEqual([200, undiciMajor === 7 ? 'ERR_UNCERTAIN_ORIGIN' : 200])
  expect(busy.requests.map(({ authorization }) => authorization).filter(Boolean)).toEqual([])
})

test('W5 a busy Agent serves what waits in its queues', async () => {
  const { server, interceptor } = await bearerRoad()
  const agent = closing(new Agent({ connections: 1 })).compose(interceptor)
  const statuses = await Promise.all(Array.from({ length: 30 }, () => ask(agent, server.origin)))
  expect(statuses).toEqual(Array(30).fill(200))
  expect(server.requests.every(({ authorization }) => authorization === 'Bearer t1')).toBe(true)
})

test('W5 a handler hears of it once, and a stream that was to be sent is destroyed', async () => {
  const road = await crossroads()
  const dispatcher = new Gateway(closing(new Client(road.elsewhere.origin))).compose(road.interceptor)
  const body = Readable.from(['chunk'])
  const heard: unknown[] = []
  dispatcher.dispatch(
    { origin: road.server.origin, path: '/', method: 'POST', body },
    {
      onRequestStart: () => void heard.push('start'),
      onResponseStart() {},
      onResponseData() {},
      onResponseEnd() {},
      onResponseError: (_, error) => void heard.push((error as { code?: string }).code)
    }
  )
  await until(() => body.destroyed)
  expect(heard).toEqual(['ERR_UNCERTAIN_ORIGIN'])
  expect(road.elsewhere.requests).toEqual([])
})

test("W5 a proxy that plain HTTP goes through is not the request's destination", async () => {
  const road = await bearerRoad()
  const forwarded: (string | undefined)[] = []
  const proxy = createServer((request, response) => {
    const { hostname, port } = new URL(request.url ?? '')
    forwarded.push(request.headers.authorization)
    const onward = connect(Number(port), hostname, () => {
      onward.write(`GET / HTTP/1.1\r\nhost: ${hostname}:${port}\r\nconnection: close\r\n\r\n`)
    })
    onward.resume().on('end', () => response.end())
  })
  await new Promise<void>((listening) => proxy.listen(0, '127.0.0.1', listening))
  onTestFinished(() => void proxy.close().closeAllConnections())
  const uri = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
  const agent = closing(new ProxyAgent({ uri, proxyTunnel: false })).compose(road.interceptor)
  for (let sent = 0; sent < 10; sent++) expect(await ask(agent, road.server.origin)).toBe(200)
  expect(forwarded).toEqual(Array(10).fill('Bearer t1'))
})

test('W5 a BalancedPool that gets another origin later shows the token to none but the one that the request names', async () => {
  const road = await crossroads()
  const pool = closing(new BalancedPool(road.server.origin))
  const dispatcher = pool.compose(nothing, road.interceptor)
  for (let sent = 0; sent < 20; sent++) expect(await ask(dispatcher, road.server.origin)).toBe(200)
  pool.addUpstream(road.elsewhere.origin)
  for (let sent = 0; sent < 10; sent++) await ask(dispatcher, road.server.origin).catch(() => {})
  expect(shown(road).every((authorization) => authorization === undefined)).toBe(true)
})

test('W5 an interceptor below that fails over to another origin takes no token there, however often it was right', async () => {
  const road = await crossroads()
  let target = road.server.origin
  const failover: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) =>
    dispatch({ ...options, origin: target }, handler)
  const agent = closing(new Agent()).compose(failover, road.interceptor)
  for (let sent = 0; sent < 20; sent++) expect(await ask(agent, road.server.origin)).toBe(200)
  target = road.elsewhere.origin
  await expect(ask(agent, road.server.origin)).rejects.toMatchObject({ code: 'ERR_UNCERTAIN_ORIGIN' })
  target = road.server.origin
  expect(await ask(agent, road.server.origin)).toBe(200)
  expect(shown(road)).toEqual([])
})

test('W5 a repeat below that goes to another origin of the pool takes no token there', async () => {
  const road = await crossroads()
  const ill = await resourceServer((_, response) => void response.writeHead(503).end())
  const { interceptor } = await bearerRoad({ routes: () => [{ origin: ill.origin, request: read }] })
  const pool = closing(new BalancedPool([ill.origin, road.elsewhere.origin]))
  const agent = new RetryAgent(pool, { minTimeout: 1, maxRetries: 3 }).compose(interceptor)
  const outcomes = new Set<unknown>()
  for (let sent = 0; sent < 6; sent++) outcomes.add(await ask(agent, ill.origin).catch(({ code }) => code))
  expect(ill.requests.length).toBeGreaterThan(0)
  if (undiciMajor === 7) expect([...outcomes]).toEqual(['ERR_UNCERTAIN_ORIGIN'])
  expect(shown(road).every((authorization) => authorization === undefined)).toBe(true)
})

test('W5 requests of others with the same token to other places do not fail a request that waits or is repeated', async () => {
  const road = await crossroads()
  let failures = 2
  let answer = (): void => {}
  const server = await resourceServer((received, response) => {
    if (received.url === '/slow') answer = () => response.end()
    else if (failures-- > 0) response.writeHead(503).end()
    else ok(received, response)
  })
  const { interceptor } = await bearerRoad({ routes: () => [{ origin: server.origin, request: read }] })
  const agent = closing(new Agent({ connections: 1 })).compose(interceptors.retry({ minTimeout: 1 }), interceptor)
  const busy = ask(agent, server.origin, { path: '/slow' })
  const waiting = ['/1', '/2', '/3?4'].map((path) => ask(agent, server.origin, { path }))
  await until(() => server.requests.length === 1)
  const [token] = server.requests.map(({ authorization }) => authorization)
  const own = closing(new Agent())
  const sendElsewhere = () => ask(own, road.elsewhere.origin, { headers: { authorization: token } })
  await sendElsewhere()
  answer()
  await sendElsewhere()
  expect(await Promise.all([busy, ...waiting])).toEqual([200, 200, 200, 200])
})

test('W5 a request is released when it is answered, broken off, left or upgraded', async () => {
  const { agent, server } = await bearerRoad()
  for (let sent = 0; sent < 10; sent++) await ask(agent, server.origin)
  const leaving = new AbortController()
  const left = ask(agent, server.origin, { signal: leaving.signal })
  leaving.abort()
  await left.catch(() => {})
  await ask(agent, 'http://127.0.0.1:1').catch(() => {})
  const seen: unknown[] = []
  const request = {
    origin: 'http://elsewhere.test',
    host: 'elsewhere.test',
    headers: new Proxy([], { get: (_, name) => void seen.push(name) })
  }
  channel('undici:request:create').publish({ request })
  expect(seen).toEqual([]) // it is not even checked while no request is under way
})
