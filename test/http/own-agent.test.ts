import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { inspect } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { ownAgents } from '../../src/http/own-agents.ts'
import { type Exchange, type Sender, sender } from '../../src/http/send.ts'
import { manualClock } from '../../src/testing/index.ts'
import { Secret } from '../../src/token/secret.ts'
import { selfSigned } from './certificate.ts'
import { closed, http, rawServer } from './raw-server.ts'

function make(agents = ownAgents()): Sender {
  const made = sender({ agents, clock: manualClock() })
  onTestFinished(made.close)
  return made
}

function get(origin: string): Exchange {
  return { method: 'GET', url: `${origin}/metadata`, timeout: 5000 }
}

function post(origin: string): Exchange {
  return { method: 'POST', url: `${origin}/token`, body: 'a=b', timeout: 5000 }
}

/** Opens so many connections at once, which are all idle afterwards. */
async function openConnections({ send }: Sender, origin: string, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => send(post(origin))))
}

/** A server whose connections carry one exchange each and break at the second one. */
async function breakingServer() {
  const served = new Set<unknown>()
  return rawServer(({ socket }) => {
    if (served.has(socket)) socket.resetAndDestroy()
    else served.add(socket) && socket.write(http('{}'))
  })
}

test('T62 when one kept connection turns out to be broken, the next exchange does not take another kept one', async () => {
  const { origin, connections } = await breakingServer()
  const wire = make()
  await openConnections(wire, origin, 3)
  await expect(wire.send(post(origin))).rejects.toMatchObject({ code: 'ERR_CONNECTION_RESET' })
  await expect(wire.send(post(origin))).resolves.toMatchObject({ status: 200 })
  expect(connections).toHaveLength(4)
})

test('T62 a GET on a kept connection that breaks before the first byte is sent again at once', async () => {
  const { origin, requests } = await breakingServer()
  const wire = make()
  await openConnections(wire, origin, 1)
  await expect(wire.send(get(origin))).resolves.toMatchObject({ status: 200 })
  expect(requests.map(({ text }) => text.split(' ')[0])).toEqual(['POST', 'GET', 'GET'])
})

test('T63 a GET on a new connection that breaks is not sent again', async () => {
  const { origin, requests } = await rawServer(({ socket }) => socket.resetAndDestroy())
  await expect(make().send(get(origin))).rejects.toMatchObject({ code: 'ERR_CONNECTION_RESET' })
  expect(requests).toHaveLength(1)
})

test.each([
  ['once', 'HTTP/1.1 100 Continue\r\n\r\n'],
  ['among others', 'HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n'],
  ['a hundred times', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(100)]
])('T42 W23 a 100 before the answer, %s, is skipped', async (_, before) => {
  const { origin } = await rawServer(({ socket }) => socket.write(before + http('{}')))
  await expect(make().send(post(origin))).resolves.toMatchObject({ status: 200 })
})

test('T42 W23 a connection that breaks after a 100 has been answered: no ERR_CONNECTION_RESET', async () => {
  const { origin } = await rawServer(
    ({ socket }) => void socket.write('HTTP/1.1 100 Continue\r\n\r\n', () => socket.resetAndDestroy())
  )
  await expect(make().send(post(origin))).rejects.toMatchObject({ code: 'ERR_NETWORK' })
})

test('a 101 that nobody asked for is not an answer', async () => {
  const { origin } = await rawServer(({ socket }) =>
    socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n')
  )
  await expect(make().send(post(origin))).rejects.toMatchObject({ code: 'ERR_NETWORK', transient: true })
})

test('X11 an answer that is not valid HTTP fails, and the error contains nothing of it', async () => {
  const body = '{"access_token":"marker"}'
  const chunk = `${body.length.toString(16)}\r\n${body}\r\n`
  const { origin } = await rawServer(({ socket }) =>
    socket.write(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${chunk}zz\r\n`)
  )
  const failure = await make()
    .send(post(origin))
    .catch((error: unknown) => error)
  expect(failure).toMatchObject({ code: 'ERR_NETWORK', cause: { code: expect.stringMatching(/^HPE_/) } })
  const shown = inspect(failure, { showHidden: true, depth: null, maxArrayLength: null })
  expect(shown).not.toMatch(
    new RegExp(
      `marker|${Buffer.from('marker')
        .toString('hex')
        .replace(/(..)(?!$)/g, '$1 ')}`
    )
  )
})

test.each(['127.0.0.1', '::1', 'localhost'])('T65 nobody listens at %s: refused, and transient', async (host) => {
  const server = createServer()
  await new Promise<void>((listening) => server.listen(0, host, listening))
  const { port } = server.address() as AddressInfo
  await new Promise((gone) => server.close(gone))
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`
  await expect(make().send(post(`http://${authority}`))).rejects.toMatchObject({
    code: 'ERR_NETWORK',
    transient: true,
    message: `No answer from ${authority}: the connection was refused (ECONNREFUSED).`
  })
})

test('T70 bytes that come while a connection is idle do not become the next answer', async () => {
  const { origin, next } = await rawServer(({ socket }, index) => socket.write(http(`"${index}"`)))
  const { send } = make()
  await send(post(origin))
  const { socket } = await next()
  await new Promise<unknown>((written) => socket.write(http('"poison"'), written))
  for (let turns = 0; turns < 5; turns++) await new Promise((turn) => setImmediate(turn))
  const { body } = await send(post(origin))
  expect(Buffer.from(body).toString()).toBe('"1"')
})

test('sixteen exchanges at most go to one origin at once, and the others wait for their turn', async () => {
  const waiting: Socket[] = []
  const { origin, connections } = await rawServer(({ socket }) => {
    if (waiting.push(socket) === 16) for (const one of waiting.splice(0)) one.write(http('{}'))
  })
  await openConnections(make(), origin, 48)
  expect(connections).toHaveLength(16)
})

test('fifty exchanges one after the other on one connection leave no listener on it', async () => {
  const warnings: Error[] = []
  const warned = (warning: Error) => void warnings.push(warning)
  process.on('warning', warned)
  onTestFinished(() => void process.off('warning', warned))
  const { origin, connections } = await rawServer(({ socket }) => socket.write(http('{}')))
  const { send } = make()
  for (let sent = 0; sent < 50; sent++) await send(post(origin))
  expect(connections).toHaveLength(1)
  expect(warnings).toEqual([])
})

test('Q12 close() leaves no connection, also for exchanges that still wait for one', async () => {
  const server = await rawServer()
  const { send, close } = make()
  const outcomes = Promise.allSettled(Array.from({ length: 50 }, () => send(post(server.origin))))
  for (let came = 0; came < 16; came++) await server.next()
  await close()
  await outcomes
  for (const connection of server.connections) await closed(connection.resume())
  await new Promise((turn) => setImmediate(turn))
  expect(server.requests).toHaveLength(16)
  expect(server.connections.filter(({ destroyed }) => !destroyed)).toEqual([])
})

test('shared connections serve every owner, and end when the last has let go', async () => {
  const { origin, next } = await rawServer(({ socket }) => socket.write(http('{}')))
  const agents = ownAgents()
  const [one, other] = [make(agents), make(agents.share())]
  await one.send(post(origin))
  await other.send(post(origin))
  const [first, second] = [await next(), await next()]
  expect(second.socket).toBe(first.socket)
  await one.close()
  await one.close()
  await other.send(post(origin))
  expect((await next()).socket).toBe(first.socket)
  await other.close()
  await closed(first.socket)
})

test('C60 a connection with the former certificate ends when its exchange does', async () => {
  const certificate = selfSigned()
  const server = await rawServer(() => {}, certificate)
  const agents = ownAgents({ connect: { ca: certificate.cert } })
  onTestFinished(agents.release)
  const { send } = make(agents)
  const asked = (thumbprint: string) => {
    const { cert, key } = selfSigned()
    return send({ ...post(server.origin), certificate: { cert, key: new Secret(key), thumbprint } })
  }
  const former = asked('former')
  const { socket } = await server.next()
  const present = asked('present')
  const { socket: newer } = await server.next()
  expect(newer).not.toBe(socket)
  socket.write(http('{}'))
  await expect(former).resolves.toMatchObject({ status: 200 })
  await closed(socket)
  newer.write(http('{}'))
  await expect(present).resolves.toMatchObject({ status: 200 })
  expect(newer.destroyed).toBe(false)
})

test.each(['127.0.0.1', '::1', 'localhost'])('a server is reached by %s', async (host) => {
  const server = createServer((request, response) => response.end(request.headers.host))
  await new Promise<void>((listening) => server.listen(0, host, listening))
  onTestFinished(() => void server.close())
  const authority = `${host.includes(':') ? `[${host}]` : host}:${(server.address() as AddressInfo).port}`
  const { body } = await make().send(get(`http://${authority}`))
  expect(Buffer.from(body).toString()).toBe(authority)
})

test('a name with several addresses is tried at each, as the platform does', async () => {
  const server = await rawServer(({ socket }) => socket.write(http('{}')))
  const { status } = await make().send(post(server.origin.replace('127.0.0.1', 'localhost')))
  expect(status).toBe(200)
})
