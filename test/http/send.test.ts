import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { runInNewContext } from 'node:vm'
import { Agent, type Dispatcher, interceptors } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import type { Clock } from '../../src/clock.ts'
import { type Exchange, type Sender, type SenderOptions, sender } from '../../src/http/send.ts'
import { limits } from '../../src/limits.ts'
import { manualClock } from '../../src/testing/index.ts'
import type { Secret } from '../../src/token/secret.ts'
import { version } from '../../src/version.ts'
import { closed, http, type RawRequest, type RawServer, rawServer } from './raw-server.ts'

const roads = {
  'its own Agent': {},
  "a user's dispatcher": () => ({ dispatcher: userAgent() }),
  fetch: { fetch: (...parameters: Parameters<typeof fetch>) => fetch(...parameters) }
}

const everyRoad = Object.entries(roads).map(
  ([road, options]) =>
    [road, (clock: Clock = manualClock()) => make(clock, typeof options === 'function' ? options() : options)] as const
)

function make(clock: Clock = manualClock(), options: Omit<SenderOptions, 'clock'> = {}): Sender {
  const made = sender({ ...options, clock })
  onTestFinished(() => made.close())
  return made
}

function userAgent(options: Agent.Options = {}): Agent {
  const agent = new Agent(options)
  onTestFinished(() => agent.destroy())
  return agent
}

function post({ origin }: Pick<RawServer, 'origin'>, fields: Partial<Exchange> = {}): Exchange {
  return { method: 'POST', url: `${origin}/token?key=marker-query`, body: 'a=b', timeout: 5000, ...fields }
}

function text(body: Uint8Array): string {
  return new TextDecoder().decode(body)
}

test.each(everyRoad)(
  'T71 what goes out over %s names us, asks for identity and takes no cookie along',
  async (_, road) => {
    const server = await rawServer(({ socket }) => socket.write(http('{}', ['set-cookie: a=b; Path=/'])))
    const { send } = road()
    await send(post(server, { headers: { 'x-own': '1' } }))
    await send(post(server))
    const [first, second] = server.requests.map((request) => request.text.toLowerCase())
    expect(first).toMatch(/^post \/token\?key=marker-query http\/1\.1\r\n/)
    expect(first).toContain(`user-agent: service-token-client/${version}\r\n`)
    expect(first).toContain('accept-encoding: identity\r\n')
    expect(first).toContain('x-own: 1\r\n')
    expect(first?.endsWith('\r\n\r\na=b')).toBe(true)
    expect(second).not.toContain('cookie')
  }
)

test.each(everyRoad)('any status is an answer over %s, and a repeated field is one value', async (_, road) => {
  const server = await rawServer(({ socket }) => socket.write(http('no', ['x-a: 1', 'X-A: 2'], '503 Down')))
  const { status, headers, body } = await road().send(post(server))
  expect({ status, field: headers['x-a'], body: text(body) }).toEqual({ status: 503, field: '1, 2', body: 'no' })
})

test.each(everyRoad)(
  'T8 a body over 64 KiB is cut off at the limit over %s, and its connection ends',
  async (_, road) => {
    const server = await rawServer(({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n')
      const pour = () => void (socket.destroyed || socket.write(`4000\r\n${'x'.repeat(0x4000)}\r\n`, pour))
      pour()
    })
    await expect(road().send(post(server))).rejects.toMatchObject({ code: 'ERR_BODY_TOO_LARGE', transient: true })
    await closed((await server.next()).socket)
  }
)

test.each(everyRoad)('T8 C16 a body of exactly 64 KiB is an answer over %s', async (_, road) => {
  const server = await rawServer(({ socket }) => socket.write(http('x'.repeat(limits.answerBytes))))
  expect((await road().send(post(server))).body).toHaveLength(limits.answerBytes)
})

test.each(
  everyRoad.flatMap(([name, road]) =>
    ['gzip', 'gzip, gzip', 'br', 'x-unheard-of'].map((encoding) => [name, encoding, road] as const)
  )
)('T9 T10 over %s a body in %s is refused without being read', async (_, encoding, road) => {
  const server = await rawServer(({ socket }) =>
    socket.write(`HTTP/1.1 200 OK\r\ncontent-encoding: ${encoding}\r\ncontent-length: 99\r\n\r\n`)
  )
  await expect(road().send(post(server))).rejects.toMatchObject({
    code: 'ERR_UNEXPECTED_CONTENT_ENCODING',
    transient: true
  })
  await closed((await server.next()).socket)
})

const big = 70 * 1024

/** An error answer, and what breaks its body. */
const unreadable: Record<string, (request: RawRequest) => void> = {
  'that is compressed': ({ socket }) =>
    socket.write(http('x', ['retry-after: 7', 'content-encoding: gzip'], '429 Slow')),
  'of 70 KiB': ({ socket }) => socket.write(http('x'.repeat(big), ['retry-after: 7'], '429 Slow')),
  'that breaks off': ({ socket }) =>
    void socket.write('HTTP/1.1 429 Slow\r\nretry-after: 7\r\ncontent-length: 9\r\n\r\n{', () => socket.destroy()),
  'whose chunks make no sense': ({ socket }) =>
    socket.write('HTTP/1.1 429 Slow\r\nretry-after: 7\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n')
}

test.each(everyRoad.flatMap(([road, open]) => Object.keys(unreadable).map((how) => [how, road, open] as const)))(
  'W13 an error with a body %s keeps its status and its fields over %s',
  async (how, name, road) => {
    const server = await rawServer((request) => unreadable[how]?.(request))
    const { status, headers, body } = await road().send(post(server))
    expect({ status, wait: headers['retry-after'], body: text(body) }).toEqual({ status: 429, wait: '7', body: '' })
    // We cannot end a healthy connection of the platform's fetch.
    if (name !== 'fetch') await closed((await server.next()).socket)
  }
)

test.each(everyRoad)('W13 an error whose body does not come is waited for a second over %s', async (_, road) => {
  const clock = manualClock()
  const server = await rawServer(({ socket }) => socket.write('HTTP/1.1 401 No\r\ncontent-length: 9\r\n\r\n'))
  const outcome = road(clock).send(post(server))
  await server.next()
  await expect.poll(() => clock.timers).toBe(2)
  await clock.advance(1000)
  expect(await outcome).toMatchObject({ status: 401 })
  expect(clock.timers).toBe(0)
})

test.each(everyRoad)('W13 a signal ends the wait for the body of an error over %s as well', async (_, road) => {
  const clock = manualClock()
  const leaving = new AbortController()
  const server = await rawServer(({ socket }) => socket.write('HTTP/1.1 401 No\r\ncontent-length: 9\r\n\r\n'))
  const outcome = expect(road(clock).send(post(server, { signal: leaving.signal }))).rejects.toBe('my reason')
  await expect.poll(() => clock.timers).toBe(2)
  leaving.abort('my reason')
  await outcome
})

test('W22 a fetch that caches is told to keep nothing', async () => {
  const inits: (RequestInit | undefined)[] = []
  const fetch = async (_: unknown, init?: RequestInit) => {
    inits.push(init)
    return new Response('{}')
  }
  await make(manualClock(), { fetch }).send(post({ origin: 'https://auth.internal' }))
  expect(inits).toMatchObject([{ cache: 'no-store' }])
})

const RealmError = runInNewContext('TypeError') as TypeErrorConstructor

test.each<[string, Error]>([
  ['TypeError', new TypeError("The 'cache' field on 'RequestInitializerDict' is not implemented.")],
  ['TypeError of another realm', new RealmError('Unsupported cache mode: no-store')],
  ['TypeError about an enumeration', new TypeError("'no-store' is not a valid enum value of type RequestCache.")],
  [
    'error with a code of Node',
    Object.assign(new TypeError("'options.cache' is invalid."), { code: 'ERR_INVALID_ARG_VALUE' })
  ],
  ['DOMException', new DOMException('The operation is not supported.', 'NotSupportedError')]
])('W22 a platform that refuses the option with a %s is asked without it, once and for all', async (_, refusal) => {
  const asked: boolean[] = []
  const fetch = async (_: unknown, init: RequestInit = {}) => {
    asked.push('cache' in init)
    if ('cache' in init) throw refusal
    return new Response('{}')
  }
  const { send } = make(manualClock(), { fetch })
  await send(post({ origin: 'https://auth.internal' }))
  await send(post({ origin: 'https://auth.internal' }))
  expect(asked).toEqual([true, false, false])
})

test.each<[string, string, Error]>([
  ['cause', 'ERR_NETWORK', new TypeError('fetch failed', { cause: new Error('the cache of DNS is not supported') })],
  ['code', 'ERR_NETWORK', Object.assign(new Error('ENOTFOUND cache.internal'), { code: 'ENOTFOUND' })],
  [
    'code of TLS',
    'ERR_TLS_ERROR',
    Object.assign(new Error('not a name: cache.internal'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
  ]
])(
  'W22 a failure of the network with a %s is not taken for that refusal: nothing is sent twice',
  async (_, code, failure) => {
    let requests = 0
    const fetch = async () => {
      requests += 1
      throw failure
    }
    const { send } = make(manualClock(), { fetch })
    await expect(send(post({ origin: 'https://auth.internal' }))).rejects.toMatchObject({ code })
    expect(requests).toBe(1)
  }
)

test.each([
  'HTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n'
])(
  'W23 the fetch of the platform, which does not expect %j, has had part of an answer: no ERR_CONNECTION_RESET',
  async (before) => {
    const server = await rawServer(({ socket }) => socket.write(before + http('{}')))
    const outcome = make(manualClock(), { fetch }).send(post(server))
    await expect(outcome).rejects.toMatchObject({ code: 'ERR_NETWORK', transient: true })
    expect(server.requests).toHaveLength(1)
  }
)

test.each(
  everyRoad.flatMap(([name, road]) =>
    ['', 'identity, identity', 'none', 'UTF-8'].map((word) => [word, name, road] as const)
  )
)('W13 T9 a server that writes down %j in place of an encoding has none, over %s', async (word, _, road) => {
  const server = await rawServer(({ socket }) => socket.write(http('plain', [`content-encoding: ${word}`])))
  expect(text((await road().send(post(server))).body)).toBe('plain')
})

test.each(everyRoad)('T9 Content-Encoding: identity counts as none over %s', async (_, road) => {
  const server = await rawServer(({ socket }) => socket.write(http('{}', ['content-encoding: Identity'])))
  expect(text((await road().send(post(server))).body)).toBe('{}')
})

test.each(everyRoad)('T11 a body that drips over %s ends with the deadline', async (_, road) => {
  const clock = manualClock()
  const server = await rawServer(({ socket }) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{'))
  const outcome = expect(road(clock).send(post(server))).rejects.toMatchObject({ code: 'ERR_TIMEOUT', transient: true })
  const { socket } = await server.next()
  for (let passed = 0; passed < 5000; passed += 250) {
    await clock.advance(250)
    socket.write(' ')
  }
  await outcome
  await closed(socket)
  expect(clock.timers).toBe(0)
})

test.each(everyRoad)('T12 headers that never come over %s end with the deadline', async (_, road) => {
  const clock = manualClock()
  const server = await rawServer()
  const outcome = expect(road(clock).send(post(server))).rejects.toMatchObject({
    code: 'ERR_TIMEOUT',
    message: `No whole answer came from ${server.host} within 5000 ms.`
  })
  const { socket } = await server.next()
  await clock.advance(5000)
  await outcome
  await closed(socket)
})

test.each(everyRoad)('T42 a 103 before the answer is skipped over %s', async (_, road) => {
  const server = await rawServer(({ socket }) =>
    socket.write(
      `HTTP/1.1 103 Early Hints\r\nlink: </a>\r\ncontent-encoding: gzip\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n${http('{}')}`
    )
  )
  const { status, headers, body } = await road().send(post(server))
  expect({ status, link: headers.link, body: text(body) }).toEqual({ status: 200, link: undefined, body: '{}' })
})

test.each([
  ...everyRoad,
  [
    'a dispatcher that follows redirects',
    () => make(manualClock(), { dispatcher: userAgent().compose(interceptors.redirect({ maxRedirections: 5 })) })
  ] as const
])('T43 C89 a redirect is not followed over %s', async (_, road) => {
  const elsewhere = await rawServer(({ socket }) => socket.write(http('{}')))
  const server = await rawServer(({ socket }) =>
    socket.write(http('', [`location: ${elsewhere.origin}/steal`], '307 Temporary Redirect'))
  )
  const { status, headers } = await road().send(post(server))
  expect({ status, location: headers.location }).toEqual({ status: 307, location: `${elsewhere.origin}/steal` })
  expect(elsewhere.connections).toHaveLength(0)
})

/** undici takes a connection for free again a turn of the event loop after the answer. */
async function connectionFree(): Promise<void> {
  for (let turns = 0; turns < 3; turns++) await new Promise((resolve) => setImmediate(resolve))
}

const breaks = {
  'a reset': (request: { socket: Socket }) => request.socket.resetAndDestroy(),
  'an end': (request: { socket: Socket }) => request.socket.end()
}

test.each(
  everyRoad.flatMap(([name, road]) => Object.entries(breaks).map(([how, cut]) => [how, name, cut, road] as const))
)(
  'T62 %s before the first byte on a reused connection over %s is told apart, and the next exchange gets a new one',
  async (_, __, cut, road) => {
    const server = await rawServer((request, index) => (index === 1 ? cut(request) : request.socket.write(http('{}'))))
    const { send } = road()
    await send(post(server))
    await connectionFree()
    await expect(send(post(server))).rejects.toMatchObject({ code: 'ERR_CONNECTION_RESET', transient: true })
    expect(text((await send(post(server))).body)).toBe('{}')
    expect(server.requests.map(({ socket }) => server.connections.indexOf(socket))).toEqual([0, 0, 1])
  }
)

test.each(
  everyRoad.flatMap(([name, road]) => Object.entries(breaks).map(([how, cut]) => [how, name, cut, road] as const))
)('T7 T63 %s within the body over %s is a failure, and what came is not used', async (_, __, cut, road) => {
  const server = await rawServer((request) => {
    request.socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}', () => cut(request))
  })
  await expect(road().send(post(server))).rejects.toMatchObject({
    code: 'ERR_NETWORK',
    transient: true,
    message: expect.stringMatching(`^The answer from ${server.host} could not be read to its end`)
  })
})

test.each(everyRoad.filter(([name]) => name !== 'fetch'))(
  'T63 a connection that breaks within the first line of the answer over %s was processed: no ERR_CONNECTION_RESET',
  async (_, road) => {
    const server = await rawServer(({ socket }) => void socket.write('HTTP/1.1 20', () => socket.resetAndDestroy()))
    await expect(road().send(post(server))).rejects.toMatchObject({ code: 'ERR_NETWORK' })
  }
)

test('T70 bytes after an answer do not become the next answer', async () => {
  const server = await rawServer(({ socket }, index) =>
    socket.write(http(`"${index}"`) + (index === 0 ? http('"poison"') : ''))
  )
  const { send } = make()
  expect(text((await send(post(server))).body)).toBe('"0"')
  await connectionFree()
  expect(text((await send(post(server))).body)).toBe('"1"')
  await closed((await server.next()).socket)
})

test('T70 exchanges at the same time do not share a connection', async () => {
  const server = await rawServer()
  const { send } = make()
  const answers = [send(post(server)), send(post(server))]
  const sockets = [await server.next(), await server.next()].map(({ socket }) => socket)
  expect(new Set(sockets).size).toBe(2)
  for (const socket of sockets) socket.write(http('{}'))
  await Promise.all(answers)
})

test('C5 the query of a URL travels byte for byte', async () => {
  const server = await rawServer(({ socket }) => socket.write(http('{}')))
  await make().send(post(server, { url: `${server.origin}/token?a='b'&%7e&empty=&c=/?|` }))
  expect((await server.next()).text).toMatch(/^POST \/token\?a='b'&%7e&empty=&c=\/\?\| HTTP/)
})

test.each(everyRoad)('a signal ends the exchange over %s with its own reason', async (_, road) => {
  const server = await rawServer()
  const leaving = new AbortController()
  const outcome = road().send(post(server, { signal: leaving.signal }))
  const { socket } = await server.next()
  leaving.abort('my reason')
  await expect(outcome).rejects.toBe('my reason')
  await closed(socket)
})

test.each(everyRoad)('a signal that has fired already lets nothing go out over %s', async (_, road) => {
  const server = await rawServer()
  await expect(road().send(post(server, { signal: AbortSignal.abort('left') }))).rejects.toBe('left')
  expect(server.connections).toHaveLength(0)
})

test.each(everyRoad)(
  'Q12 Q13 T74 close() ends what is under way over %s and refuses what comes after',
  async (_, road) => {
    const server = await rawServer()
    const { send, close } = road()
    const outcome = expect(send(post(server))).rejects.toMatchObject({ code: 'ERR_CLIENT_CLOSED', transient: false })
    const { socket } = await server.next()
    await close()
    await outcome
    await closed(socket)
    await expect(send(post(server))).rejects.toMatchObject({ code: 'ERR_CLIENT_CLOSED' })
    await close()
  }
)

test('fifty parallel exchanges cause no leak warning of Node, and each ends with close()', async () => {
  const warnings: Error[] = []
  const warned = (warning: Error) => void warnings.push(warning)
  process.on('warning', warned)
  onTestFinished(() => void process.off('warning', warned))
  const server = await rawServer()
  const { send, close } = make()
  const outcomes = Promise.allSettled(Array.from({ length: 50 }, () => send(post(server))))
  await server.next()
  await close()
  for (const outcome of await outcomes) expect(outcome).toMatchObject({ reason: { code: 'ERR_CLIENT_CLOSED' } })
  expect(warnings).toEqual([])
})

test('Q12 close() ends the connections that are kept', async () => {
  const server = await rawServer(({ socket }) => socket.write(http('{}')))
  const { send, close } = make()
  await send(post(server))
  await close()
  await closed((await server.next()).socket)
})

test("P3 close() leaves a user's dispatcher open", async () => {
  const server = await rawServer(({ socket }) => socket.write(http('{}')))
  const dispatcher = userAgent()
  await make(manualClock(), { dispatcher }).close()
  expect((await make(manualClock(), { dispatcher }).send(post(server))).status).toBe(200)
})

const unheard = () => Promise.reject(new Error('nobody looks at this'))

const body = (value: unknown) => async () => ({ status: 200, headers: new Headers(), body: value })

test.each<[string, () => unknown, string]>([
  [
    'throws in the same tick',
    () => {
      throw new Error('at once')
    },
    'at once'
  ],
  ['gives nothing', () => undefined, 'not a Response'],
  ['gives null', async () => null, 'not a Response'],
  ['gives a plain object', async () => ({ ok: true, json: unheard }), 'not a Response'],
  ['gives headers that are a plain object', async () => ({ status: 200, headers: {} }), 'not a Response'],
  ['gives text where bytes belong', body(['marker-token']), 'not of bytes'],
  [
    'gives a body that cannot be let go',
    body({
      cancel: unheard,
      *[Symbol.iterator]() {
        yield 1
      }
    }),
    ''
  ],
  [
    'gives a body that throws when it is let go',
    body({
      destroy: () => {
        throw new Error('x')
      }
    }),
    ''
  ]
])('P13 a fetch of the user that %s is a network error', async (_, fetch, cause) => {
  const { send } = make(manualClock(), { fetch: fetch as typeof globalThis.fetch })
  await expect(send(post({ origin: 'https://auth.internal' }))).rejects.toMatchObject({
    code: 'ERR_NETWORK',
    transient: true,
    message: expect.stringContaining('auth.internal'),
    cause: { message: expect.stringContaining(cause) }
  })
})

test.each(['https://auth.internal\\@evil.test/t', ' https://auth.internal/t', 'HTTPS:auth.internal/a/../t'])(
  'W17 W2 a fetch of the user is given %s as it was judged, not as another parser could read it',
  async (url) => {
    const asked: unknown[] = []
    const fetch = async (given: unknown) => {
      asked.push(given)
      return Response.json({})
    }
    const { send } = make(manualClock(), { fetch: fetch as typeof globalThis.fetch })
    await send({ ...post({ origin: 'https://auth.internal' }), url })
    expect(asked).toEqual([new URL(url).href])
  }
)

test('T9 a Node stream as the body of a fetch that is not the platform’s is destroyed when its answer is refused', async () => {
  const stream = new Readable({ read() {} })
  const answer = { status: 200, headers: new Headers({ 'content-encoding': 'gzip' }), body: stream }
  const { send } = make(manualClock(), { fetch: async () => answer as unknown as Response })
  await expect(send(post({ origin: 'https://auth.internal' }))).rejects.toMatchObject({
    code: 'ERR_UNEXPECTED_CONTENT_ENCODING'
  })
  expect(stream.destroyed).toBe(true)
})

test.each<[string, () => unknown]>([
  [
    'throws',
    () => {
      throw new Error('broken')
    }
  ],
  ['is async and rejects', () => Promise.reject(new Error('broken'))]
])('Q19 P13 a dispatcher of the user that %s is a network error and no unhandled rejection', async (_, dispatch) => {
  const { send } = make(manualClock(), { dispatcher: { dispatch } as unknown as Dispatcher })
  await expect(send(post({ origin: 'https://auth.internal' }))).rejects.toMatchObject({
    code: 'ERR_NETWORK',
    cause: { message: 'broken' }
  })
})

test('Q12 close() does no harm when the own Agent could not be made', async () => {
  const { send, close } = make()
  const key = {
    reveal: () => {
      throw new Error('no key')
    }
  } as unknown as Secret
  await expect(
    send(post({ origin: 'https://auth.internal' }, { certificate: { cert: '', key, thumbprint: 'x' } }))
  ).rejects.toThrow('no key')
  await expect(close()).resolves.toBeUndefined()
})
