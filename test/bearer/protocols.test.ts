import { createHash } from 'node:crypto'
import { createSecureServer } from 'node:http2'
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net'
import { PassThrough, type Readable } from 'node:stream'
import { pipeline as pipe } from 'node:stream/promises'
import type { Dispatcher } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import { selfSigned } from '../http/certificate.ts'
import { bearerRoad, closing, read, until } from '../support/bearer.ts'
import { accepting, ok, resourceServer } from '../support/resource-server.ts'
import { undici } from '../support/undici.ts'

const { Agent, Client, ProxyAgent, request } = undici

async function text(stream: Readable): Promise<string> {
  let all = ''
  for await (const chunk of stream) all += chunk
  return all
}

test('U95 stream() writes the body of the second attempt only', async () => {
  const { agent, server } = await bearerRoad({ answer: accepting('t2') })
  const target = new PassThrough()
  const statuses: number[] = []
  await undici.stream(`${server.origin}/users`, { dispatcher: agent, method: 'GET' }, ({ statusCode }) => {
    statuses.push(statusCode)
    return target
  })
  expect(statuses).toEqual([200])
  expect(await text(target)).toBe('/users')
})

test('D2 U96 pipeline() gets the 401: its body is a stream', async () => {
  const { agent, server, tokens } = await bearerRoad({ answer: accepting('t2') })
  const statuses: number[] = []
  const duplex = undici.pipeline(server.origin, { dispatcher: agent, method: 'POST' }, ({ statusCode, body }) => {
    statuses.push(statusCode)
    return body
  })
  duplex.end('sent')
  expect(await text(duplex)).toBe('refused')
  expect(statuses).toEqual([401])
  await until(() => tokens.issued === 2)
})

interface UpgradeServer {
  readonly origin: string
  readonly authorizations: readonly (string | undefined)[]
}

/** Accepts a WebSocket with `Bearer t2`; to others it answers 401. */
async function upgradeServer(): Promise<UpgradeServer> {
  const authorizations: (string | undefined)[] = []
  const { createServer: createHttpServer } = await import('node:http')
  const server = createHttpServer((_request, response) => response.writeHead(401).end('refused'))
  const handshake = 'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n'
  server.on('upgrade', ({ headers }, socket) => {
    authorizations.push(headers.authorization)
    if (headers.authorization !== 'Bearer t2')
      return socket.end('HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n')
    const key = `${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
    const accept = createHash('sha1').update(key).digest('base64')
    return socket.write(`${handshake}sec-websocket-accept: ${accept}\r\n\r\n`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close().closeAllConnections())
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, authorizations }
}

test('D25 U92 an upgrade that is answered 401 is tried once more and becomes a socket', async () => {
  const { origin, authorizations } = await upgradeServer()
  const { agent } = await bearerRoad({ routes: () => [{ origin, request: read }] })
  const { socket, headers } = await undici.upgrade(origin, { dispatcher: agent, protocol: 'websocket' })
  expect(headers.upgrade).toBe('websocket')
  expect(authorizations).toEqual(['Bearer t1', 'Bearer t2'])
  socket.destroy()
})

test('D25 U93 a WebSocket gets its token, and another one after a 401', async () => {
  const { origin, authorizations } = await upgradeServer()
  const { agent } = await bearerRoad({ routes: () => [{ origin, request: read }] })
  const socket = new undici.WebSocket(origin.replace('http', 'ws'), { dispatcher: agent })
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve)
    socket.addEventListener('error', reject)
  })
  expect(authorizations).toEqual(['Bearer t1', 'Bearer t2'])
})

test('U94 an EventSource gets its token, and another one after a 401', async () => {
  const { agent, server } = await bearerRoad({
    answer: (received, response) => {
      if (received.authorization !== 'Bearer t2') return accepting('t2')(received, response)
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: hello\n\n')
    }
  })
  const source = new undici.EventSource(server.origin, { node: { dispatcher: agent } } as never)
  const { data } = await new Promise<{ data: string }>((resolve) => {
    source.onmessage = (event) => resolve(event as { data: string })
  })
  source.close()
  expect(data).toBe('hello')
  expect(server.requests.map(({ authorization }) => authorization)).toEqual(['Bearer t1', 'Bearer t2'])
})

test('U97 over HTTP/2 a 401 of 1 MiB costs one token for eight requests, and an abort costs none', async () => {
  const { key, cert } = selfSigned()
  const server = createSecureServer({ key, cert }, (incoming, response) => {
    if (incoming.headers.authorization === 'Bearer t2') response.end(incoming.url)
    else response.writeHead(401, { 'www-authenticate': 'Bearer' }).end('x'.repeat(1024 * 1024))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  const { interceptor, tokens } = await bearerRoad({ routes: () => [{ origin, request: read }] })
  const dispatcher = closing(new Agent({ allowH2: true, connect: { ca: cert } })).compose(interceptor)
  tokens.hold()
  const controller = new AbortController()
  const sent = Array.from({ length: 8 }, () => dispatcher.request({ origin, path: '/users', method: 'GET' }))
  const aborted = dispatcher.request({ origin, path: '/', method: 'GET', signal: controller.signal })
  await until(() => tokens.waiting === 9)
  controller.abort(new Error('left'))
  await expect(aborted).rejects.toThrow('left')
  tokens.open()
  for (const { statusCode, body } of await Promise.all(sent)) {
    expect(statusCode).toBe(200)
    expect(await body.text()).toBe('/users')
  }
  expect(tokens.issued).toBe(2)
})

test('U98 pipelined requests on one connection each get their own answer', async () => {
  const { server, interceptor } = await bearerRoad({ answer: accepting('t2') })
  const dispatcher = closing(new Client(server.origin, { pipelining: 10 })).compose(interceptor)
  const paths = Array.from({ length: 10 }, (_, index) => `/${index}`)
  const answers = await Promise.all(
    paths.map((path) => dispatcher.request({ origin: server.origin, path, method: 'GET' }))
  )
  const texts = await Promise.all(answers.map(({ body }) => body.text()))
  expect(texts).toEqual(paths)
})

test("U99 responseHeaders: 'raw' gives the fields of the second attempt, and of a 401 that is given back", async () => {
  for (const accepted of ['t2', 'nobody']) {
    const { agent, server } = await bearerRoad({ answer: accepting(accepted) })
    const { headers, body } = await request(server.origin, { dispatcher: agent, responseHeaders: 'raw' })
    await body.dump()
    const names = (headers as unknown as string[])
      .filter((_, index) => index % 2 === 0)
      .map((name) => name.toLowerCase())
    expect(names.includes('x-refused')).toBe(accepted === 'nobody')
  }
})

test.each([
  ['U101 the first', ['t1', 't2']],
  ['U102 the second', ['t2']]
])('D33 %s attempt is paused and resumed through the one controller that the caller has', async (_which, accepted) => {
  const size = 4 * 1024 * 1024
  let written = 0
  const { agent, server } = await bearerRoad({
    answer: (received, response) => {
      if (!accepted.some((value) => received.authorization === `Bearer ${value}`))
        return accepting()(received, response)
      const more = () => {
        while (written < size) {
          written += 64 * 1024
          if (!response.write(Buffer.alloc(64 * 1024))) return void response.once('drain', more)
        }
        response.end()
      }
      return more()
    }
  })
  let received = 0
  let first: Dispatcher.DispatchController | undefined
  const ended = new Promise<void>((resolve, reject) => {
    agent.dispatch(
      { origin: server.origin, path: '/', method: 'GET' },
      {
        onRequestStart(controller) {
          first ??= controller
        },
        onResponseStart: () => first?.pause(),
        onResponseData(_, chunk) {
          received += chunk.length
        },
        onResponseEnd: () => resolve(),
        onResponseError: (_, error) => reject(error)
      }
    )
  })
  await until(() => written > 0)
  for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve))
  expect(first?.paused).toBe(true)
  expect(received).toBe(0)
  expect(written).toBeLessThan(size)
  first?.resume()
  await ended
  expect(received).toBe(size)
})

test('D34 the handler hears of one answer, and of each attempt that is sent', async () => {
  const { agent, server } = await bearerRoad({ answer: accepting('t2') })
  const events: string[] = []
  await new Promise<void>((resolve) => {
    agent.dispatch(
      { origin: server.origin, path: '/', method: 'POST', body: 'sent' },
      {
        onRequestStart: () => void events.push('start'),
        onResponseStart: (_, status) => void events.push(`answer ${status}`),
        onResponseData: (_, chunk) => void events.push(`data ${chunk}`),
        onResponseEnd: () => {
          events.push('end')
          resolve()
        },
        onResponseError: (_, error) => void events.push(error.message)
      }
    )
  })
  expect(events).toEqual(['start', 'start', 'answer 200', 'data /', 'end'])
})

/** A proxy that tunnels, and forwards nothing in clear. */
async function tunnel(): Promise<{ readonly url: string; readonly heads: readonly string[] }> {
  const heads: string[] = []
  const proxy = createTcpServer((socket) => {
    socket.once('data', (data) => {
      heads.push(data.toString())
      const [, host = '', port = ''] = /^CONNECT ([^:]+):(\d+)/.exec(data.toString()) ?? []
      const target = connect(Number(port), host, () => socket.write('HTTP/1.1 200 Connection established\r\n\r\n'))
      for (const end of [socket, target]) end.on('error', () => {})
      void pipe(socket, target, socket).catch(() => {})
    })
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void proxy.close())
  return { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, heads }
}

test('D24 D26 U103 a proxy that tunnels never sees the token; the target gets it, and a 401 works as ever', async () => {
  const { url, heads } = await tunnel()
  const { server, interceptor } = await bearerRoad({ answer: accepting('t2') })
  for (const proxy of [new ProxyAgent({ uri: url, proxyTunnel: true })]) {
    const dispatcher = closing(proxy).compose(interceptor)
    const { statusCode, body } = await request(server.origin, { dispatcher })
    await body.dump()
    expect(statusCode).toBe(200)
  }
  expect(heads.length).toBeGreaterThan(0)
  expect(heads.every((head) => head.startsWith('CONNECT') && !/authorization/i.test(head))).toBe(true)
})

test('D26 EnvHttpProxyAgent carries the token to the target, with or without a proxy', async () => {
  const { url } = await tunnel()
  const { server, interceptor } = await bearerRoad({ answer: accepting('t2') })
  for (const noProxy of ['*', '']) {
    const agent = new undici.EnvHttpProxyAgent({ httpProxy: url, httpsProxy: url, noProxy, proxyTunnel: true })
    const dispatcher = closing(agent).compose(interceptor)
    const { statusCode, body } = await request(server.origin, { dispatcher })
    await body.dump()
    expect(statusCode).toBe(200)
  }
})

function mockAgent(): InstanceType<typeof undici.MockAgent> {
  const mock = new undici.MockAgent() // it has no destroy()
  onTestFinished(() => mock.close())
  mock.disableNetConnect()
  return mock
}

test('U108 MockAgent answers for a policy origin, and the token is on the request that it matches', async () => {
  const { interceptor } = await bearerRoad({ routes: () => [{ origin: 'https://users.internal', request: read }] })
  const mock = mockAgent()
  const pool = mock.get('https://users.internal')
  pool.intercept({ path: '/', headers: { authorization: 'Bearer t1' } }).reply(401, 'refused')
  pool.intercept({ path: '/', headers: { authorization: 'Bearer t2' } }).reply(200, 'good')
  const { statusCode, body } = await request('https://users.internal/', { dispatcher: mock.compose(interceptor) })
  expect(statusCode).toBe(200)
  expect(await body.text()).toBe('good')
})

test.each(['warm', 'cold'])('U109 what no mock matches is a rejection, %s', async (state) => {
  const { interceptor } = await bearerRoad({
    warm: state === 'warm',
    routes: () => [{ origin: 'https://users.internal', request: read }]
  })
  const mock = mockAgent()
  const sent = request('https://users.internal/', { dispatcher: mock.compose(interceptor) })
  await expect(sent).rejects.toMatchObject({ code: 'UND_MOCK_ERR_MOCK_NOT_MATCHED' })
})

test('RetryAgent goes around a composed Agent', async () => {
  let calls = 0
  const { agent, server } = await bearerRoad({
    answer: (received, response) =>
      ++calls === 1 ? response.writeHead(503).end() : accepting('t2')(received, response)
  })
  const dispatcher = new undici.RetryAgent(agent, { minTimeout: 1, maxRetries: 2 })
  const { statusCode, body } = await request(server.origin, { dispatcher })
  await body.dump()
  expect(statusCode).toBe(200)
  expect(server.requests.map(({ authorization }) => authorization)).toEqual(['Bearer t1', 'Bearer t1', 'Bearer t2'])
})

test('U111 a composed Agent as the global dispatcher serves the fetch of undici and of the platform', async () => {
  const { agent, server } = await bearerRoad({ answer: accepting('t2') })
  const before = undici.getGlobalDispatcher()
  undici.setGlobalDispatcher(agent)
  try {
    expect((await undici.fetch(server.origin)).status).toBe(200)
    expect((await fetch(server.origin, { method: 'POST', body: 'sent' })).status).toBe(200)
    const { body } = await request(server.origin)
    await body.dump()
  } finally {
    undici.setGlobalDispatcher(before)
  }
  expect(server.requests).toHaveLength(4)
})

/** Imported by its path, because the name can mean undici 8 in this run. */
function lockedUndici7(): Promise<typeof undici> {
  return import('../../node_modules/undici/index.js') as Promise<typeof undici>
}

test('U112 the request of another undici takes a composed Agent, for foreign origins too', async () => {
  const undici7 = await lockedUndici7()
  const { agent, server } = await bearerRoad({ answer: accepting('t2') })
  const foreign = await resourceServer(ok)
  for (const origin of [server.origin, foreign.origin]) {
    const { statusCode, body } = await undici7.request(origin, { dispatcher: agent })
    await body.dump()
    expect(statusCode).toBe(200)
  }
  expect(foreign.requests[0]?.authorization).toBeUndefined()
})

test('U112 one interceptor serves Agents of several versions', async () => {
  const { interceptor, server } = await bearerRoad()
  const undici7 = await lockedUndici7()
  for (const agent of [new undici7.Agent(), new Agent()]) {
    const { body } = await closing(agent)
      .compose(interceptor)
      .request({ origin: server.origin, path: '/', method: 'GET' })
    await body.dump()
  }
  expect(server.requests.map(({ authorization }) => authorization)).toEqual(['Bearer t1', 'Bearer t1'])
})
