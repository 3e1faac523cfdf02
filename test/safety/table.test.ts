import { type AddressInfo, connect, createServer } from 'node:net'
import { pipeline } from 'node:stream/promises'
import type { Dispatcher } from 'undici'
import { afterAll, afterEach, expect, test } from 'vitest'
import { undici } from '../support/undici.ts'
import { leaks, listen, onThisMachine, pathThrough } from './two-listeners.ts'
import { sendWith, waysOf } from './ways.ts'

const listeners = await listen()
const { allowed, ports, interceptor } = listeners
const ways = waysOf(listeners)

afterAll(() => listeners.close())

/** Places where no token may go. A careless comparison would confuse each of them with the allowed origin. */
const foreign: readonly (readonly [string, string])[] = [
  ['another port', `http://users.internal:${ports.second}`],
  ['another host, another port', `http://evil.internal:${ports.second}`],
  ['another host, the same port', `http://evil.internal:${ports.first}`],
  ['a host below it', `http://api.users.internal:${ports.first}`],
  ['a host that begins like it', `http://users.internal.evil.example:${ports.second}`],
  ['a host that ends like it', `http://evil-users.internal:${ports.second}`],
  ['a trailing dot', `http://users.internal.:${ports.first}`],
  ['its name as user information', `http://users.internal:${ports.first}@evil.internal:${ports.second}`],
  ['an address', `http://127.0.0.1:${ports.second}`],
  ['another scheme', `https://users.internal:${ports.second}`],
  ['look-alike letters', `http://us\u0435rs.internal:${ports.second}`]
]

const headerForms: readonly (readonly [string, () => unknown])[] = [
  ['an object', () => ({ 'x-user': 'kept' })],
  ['a flat list', () => ['x-user', 'kept']],
  ['a Map', () => new Map([['x-user', 'kept']])],
  ['Headers', () => new Headers({ 'x-user': 'kept' })],
  ['a generator', () => Object.entries({ 'x-user': 'kept' }).values()],
  ['nothing', () => undefined]
]

async function expectNoLeak(sent: Promise<unknown>): Promise<void> {
  await sent.catch(() => {}) // a refusal leaks nothing
  expect(leaks(listeners)).toEqual([])
}

// One token is enough, because a foreign 401 does not cause a new one.
afterEach(() => expect(listeners.tokens.issued).toBe(1))

test.each(ways)('D20 the way "$name" carries the token to the allowed origin at all', async ({ send }) => {
  const before = listeners.sightings.length
  await send(allowed, '/', undefined)
  const seen = listeners.sightings.slice(before)
  const carried = { authorization: 'Bearer t1', hasProof: false, isTainted: false }
  expect(seen).toEqual([{ listener: 'first', host: new URL(allowed).host, ...carried }])
})

const straight = ways.flatMap((way) =>
  foreign.map(([kind, target]) => ({ way: way.name, send: way.send, kind, target }))
)

test.each(straight)('C30 C88 D13 D14 D23 $way to $kind shows no token', async ({ send, target }) => {
  await expectNoLeak(send(target, '/401', undefined))
})

const redirects = ways.flatMap((way) =>
  [301, 302, 303, 307, 308].flatMap((status) =>
    foreign.slice(0, 8).map(([kind, target]) => ({ way: way.name, ...way, status, kind, target }))
  )
)

test.each(redirects)('D11 D12 C70 $way, redirected by $status to $kind, shows no token', async (row) => {
  await expectNoLeak(row.send(allowed, pathThrough([[row.status, row.target]]), undefined))
})

const there = ways.flatMap((way) => [302, 307].map((status) => ({ way: way.name, ...way, status })))

test.each(there)(
  'W3 D11 $way, sent by $status away, back, and away again, shows no token away, and createFetch none from there on',
  async ({ send, status, isStrict }) => {
    const [, [, away = '']] = foreign as [unknown, readonly string[]]
    const hops = [
      [status, away],
      [status, allowed],
      [status, `//evil.internal:${ports.second}`]
    ] as const
    await expectNoLeak(send(allowed, pathThrough(hops, isStrict), undefined))
  }
)

const forms = foreign.flatMap(([kind, target]) => headerForms.map(([form, make]) => ({ kind, target, form, make })))

test.each(forms)('D21 with headers as $form, a redirect to $kind shows no token', async ({ target, make }) => {
  for (const { name, send } of ways)
    if (name.startsWith('request')) await expectNoLeak(send(allowed, pathThrough([[307, target]]), make()))
})

/** A proxy that tunnels to this machine whatever host it is asked for. */
async function proxy(): Promise<string> {
  const server = createServer((socket) => {
    socket.once('data', (head) => {
      const port = Number(/:(\d+) HTTP/.exec(head.toString())?.[1])
      const target = connect(port, '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'))
      void pipeline(socket, target, socket).catch(() => {})
    })
  }).unref()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const proxyUrl = await proxy()
const connectOptions = { connect: onThisMachine }
const tunnel = { httpProxy: proxyUrl, httpsProxy: proxyUrl, proxyTunnel: true }

const dispatchers: readonly (readonly [string, (origin: string) => Dispatcher])[] = [
  ['Agent', () => new undici.Agent(connectOptions)],
  ['Client', (origin) => new undici.Client(origin, connectOptions)],
  ['Pool', (origin) => new undici.Pool(origin, connectOptions)],
  ['RoundRobinPool', (origin) => new undici.RoundRobinPool(origin, connectOptions)],
  ['BalancedPool', (origin) => new undici.BalancedPool(origin, connectOptions as object)],
  ['ProxyAgent', () => new undici.ProxyAgent({ uri: proxyUrl, proxyTunnel: true })],
  ['EnvHttpProxyAgent', () => new undici.EnvHttpProxyAgent(tunnel as object)]
]

const bound = dispatchers.flatMap(([kind, make]) =>
  foreign
    .filter(([, target]) => target.startsWith('http:') && !target.includes('@'))
    .map(([where, target]) => ({ kind, make, where, target }))
)

test.each(bound)('D15 D16 D26 a $kind for $where shows no token', async ({ make, target }) => {
  const dispatcher = make(target)
  await expectNoLeak(sendWith(dispatcher.compose(interceptor))(target, '/401', undefined))
  await dispatcher.destroy()
})

const misled = bound.filter(({ kind }) => /Client|Pool/.test(kind))

test.each(misled)(
  'W5 D16 U85 a $kind for $where that is told the allowed origin shows no token',
  async ({ make, target }) => {
    const dispatcher = make(target)
    await expectNoLeak(sendWith(dispatcher.compose(interceptor))(allowed, '/401', undefined))
    await dispatcher.destroy()
  }
)

test.each(dispatchers)('D17 a %s that is given a foreign URL as its path shows no token', async (_kind, make) => {
  const dispatcher = make(allowed)
  await expectNoLeak(
    sendWith(dispatcher.compose(interceptor))(allowed, `http://evil.internal:${ports.second}/`, undefined)
  )
  expect(listeners.sightings.at(-1)?.authorization).toBeUndefined()
  await dispatcher.destroy()
})

test('what is sent to another origin is seen there', async () => {
  const before = listeners.sightings.length
  for (const { send } of ways) await send(`http://evil.internal:${ports.second}`, '/', undefined)
  const seen = listeners.sightings.slice(before)
  expect(seen.map(({ listener }) => listener)).toEqual(ways.map(() => 'second'))
})

test('the table has at least 200 cases', () => {
  const cases = [straight, redirects, there, forms, bound, misled, dispatchers]
  expect(cases.flat().length).toBeGreaterThanOrEqual(200)
})
