import { createServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { checkedProxy, type Proxies } from '../../src/http/proxies.ts'
import { type Exchange, type Sender, type SenderOptions, sender } from '../../src/http/send.ts'
import { manualClock } from '../../src/testing/index.ts'
import { Secret } from '../../src/token/secret.ts'
import { authority, type Certificate, certificate } from '../support/certificates.ts'
import { undici } from '../support/undici.ts'
import { loopbackProxy } from './loopback-proxy.ts'
import { closed, http, rawServer } from './raw-server.ts'

let ca: Certificate
let own: Certificate
let shown: Certificate

beforeAll(async () => {
  ca = await authority()
  ;[own, shown] = await Promise.all([certificate('127.0.0.1', ca), certificate('orders', ca)])
})

function make(options: Omit<SenderOptions, 'clock'>, clock = manualClock()): Sender {
  const made = sender({ connect: { ca: ca.cert }, ...options, clock })
  onTestFinished(made.close)
  return made
}

function through(url: URL): Proxies | undefined {
  return checkedProxy('proxy', url)
}

function post(origin: string): Exchange {
  return { method: 'POST', url: `${origin}/token?a='b'`, body: 'a=b', timeout: 5000 }
}

/** A server that answers with the name in the client's certificate. */
async function secureServer(): Promise<string> {
  const tls = { ...own, ca: ca.cert, requestCert: true, rejectUnauthorized: false }
  const server = createServer(tls, ({ socket }, response) => {
    response.end((socket as TLSSocket).getPeerX509Certificate()?.subject ?? 'nobody')
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function text({ body }: { readonly body: Uint8Array }): string {
  return Buffer.from(body).toString()
}

test.each(['http', 'https'])(
  'W21 https goes through a tunnel of an %s proxy, which serves the next exchange too',
  async (scheme) => {
    const proxy = await loopbackProxy(scheme === 'https' ? own : undefined)
    const origin = await secureServer()
    const { send } = make({ proxies: through(proxy.url) })
    expect(text(await send(post(origin)))).toBe('nobody')
    expect(text(await send(post(origin)))).toBe('nobody')
    expect(proxy.asked).toEqual([{ line: `CONNECT ${new URL(origin).host}`, authorization: undefined }])
  }
)

test('W21 the certificate of the client is presented inside the tunnel', async () => {
  const proxy = await loopbackProxy()
  const presented = { cert: shown.cert, key: new Secret(shown.key), thumbprint: 'x' }
  const { send } = make({ proxies: through(proxy.url) })
  expect(text(await send({ ...post(await secureServer()), certificate: presented }))).toBe('CN=orders')
  expect(proxy.asked).toHaveLength(1)
})

test('W21 C22 inside a tunnel the certificate of the server is checked as ever', async () => {
  const proxy = await loopbackProxy()
  const { send } = make({ proxies: through(proxy.url), connect: {} })
  await expect(send(post(await secureServer()))).rejects.toMatchObject({ code: 'ERR_TLS_ERROR' })
})

test.each(['http', 'https'])('W21 an %s proxy is asked for the whole URL of a request in clear', async (scheme) => {
  const proxy = await loopbackProxy(scheme === 'https' ? own : undefined)
  const server = await rawServer(({ socket }) => socket.write(http('{}')))
  const { send } = make({ proxies: through(proxy.url) })
  expect(text(await send(post(server.origin)))).toBe('{}')
  expect(proxy.asked[0]?.line).toBe(`POST ${server.origin}/token?a='b'`)
  const [{ text: head = '' } = {}] = server.requests
  expect(head).toContain(`host: ${server.host}\r\n`)
  expect(head).toMatch(/\r\n\r\na=b$/)
})

test('W21 a name and password in the URL of the proxy go to the proxy, and to nobody else', async () => {
  const proxy = await loopbackProxy()
  const server = await rawServer(({ socket }) => socket.write(http('{}')))
  const { send } = make({ proxies: through(new URL(proxy.url.href.replace('//', '//us%40er:p%3Ass@'))) })
  await send(post(await secureServer()))
  await send(post(server.origin))
  const authorization = `Basic ${Buffer.from('us@er:p:ss').toString('base64')}`
  expect(proxy.asked.map((asked) => asked.authorization)).toEqual([authorization, authorization])
  expect(server.requests[0]?.text.toLowerCase()).not.toContain('authorization')
})

const answers: readonly [number, boolean, string][] = [
  [407, false, 'refuses the user name and the password (status 407). Check them'],
  [403, true, 'does not connect to the authorization server (status 403)'],
  [503, true, 'does not connect to the authorization server (status 503)']
]

test.each(answers)('W21 what a proxy says to CONNECT is told as its answer: %d', async (status, transient, message) => {
  const proxy = await loopbackProxy()
  proxy.answerWith(status)
  const { send } = make({ proxies: through(new URL(proxy.url.href.replace('//', '//user:marker@'))) })
  const failure = await send(post(await secureServer())).catch((error: unknown) => error)
  expect(failure).toMatchObject({ code: 'ERR_PROXY_REFUSED', transient, status })
  expect((failure as Error).message).toContain(`The proxy ${proxy.url.host} ${message}`)
  expect((failure as Error).message).not.toContain('marker')
})

test('W21 a proxy that wants a name and a password says where they belong', async () => {
  const proxy = await loopbackProxy()
  proxy.answerWith(407)
  const { send } = make({ proxies: through(proxy.url) })
  const message = 'requires a user name and a password (status 407). Put them into the URL of the proxy'
  for (const origin of ['https://127.0.0.1:8889', 'http://127.0.0.1:8889'])
    await expect(send(post(origin))).rejects.toMatchObject({ message: expect.stringContaining(message) })
})

test('W21 W15 a proxy that asks for a pause gets it', async () => {
  const busy = await rawServer(({ socket }) => socket.write(http('', ['retry-after: 30'], '503 Busy')))
  const { send } = make({ proxies: through(new URL(busy.origin)) })
  await expect(send(post('https://127.0.0.1:8889'))).rejects.toMatchObject({
    code: 'ERR_PROXY_REFUSED',
    transient: true,
    status: 503,
    retryAfter: 30_000
  })
})

test.each([
  ['our own connections', (proxy: URL) => ({ proxies: through(proxy) })],
  ["a user's ProxyAgent", (proxy: URL) => ({ dispatcher: proxyAgent(proxy) })],
  [
    "a user's fetch",
    (proxy: URL) => ({
      fetch: ((...[url, init]: Parameters<typeof fetch>) =>
        undici.fetch(url as string, { ...(init as object), dispatcher: proxyAgent(proxy) })) as typeof fetch
    })
  ]
])('W21 407 for a request over %s is told as the answer of a proxy, with and without a tunnel', async (_, road) => {
  const proxy = await loopbackProxy()
  const { send } = make(road(proxy.url))
  proxy.answerWith(407)
  const expected = { code: 'ERR_PROXY_REFUSED', transient: false, status: 407 }
  await expect(send(post('http://127.0.0.1:8889'))).rejects.toMatchObject(expected)
  await expect(send(post('https://127.0.0.1:8889'))).rejects.toMatchObject(expected)
})

function proxyAgent(proxy: URL) {
  const agent = new undici.ProxyAgent(proxy.href)
  onTestFinished(() => agent.destroy())
  return agent
}

test.each(['http', 'https'])('W21 a proxy that cannot be reached is named, for %s', async (scheme) => {
  const gone = createTcpServer()
  await new Promise<void>((listening) => gone.listen(0, '127.0.0.1', listening))
  const host = `127.0.0.1:${(gone.address() as AddressInfo).port}`
  await new Promise((ended) => gone.close(ended))
  const { send } = make({ proxies: through(new URL(`http://${host}`)) })
  await expect(send(post(`${scheme}://127.0.0.1:9`))).rejects.toMatchObject({
    code: 'ERR_NETWORK',
    transient: true,
    message: expect.stringMatching(`^No answer from .*the proxy ${host}.*ECONNREFUSED`)
  })
})

test('W21 a proxy whose certificate is not trusted is named', async () => {
  const { url } = await loopbackProxy(own)
  const { send } = make({ proxies: through(url), connect: {} })
  await expect(send(post('https://127.0.0.1:8889'))).rejects.toMatchObject({
    code: 'ERR_TLS_ERROR',
    message: expect.stringContaining(`the proxy ${url.host}`)
  })
})

test('W21 a proxy that says nothing costs the deadline, and its connection is given up then', async () => {
  const proxy = await loopbackProxy()
  proxy.answerWith(0)
  const clock = manualClock()
  const { send } = make({ proxies: through(proxy.url) }, clock)
  const outcome = expect(send(post('https://127.0.0.1:8889'))).rejects.toMatchObject({
    code: 'ERR_TIMEOUT',
    message: `No whole answer came from 127.0.0.1:8889 (through the proxy ${proxy.url.host}) within 5000 ms.`
  })
  await vi.waitFor(() => expect(proxy.asked).toHaveLength(1))
  const [connection] = proxy.open
  await clock.advance(5000)
  await outcome
  await closed(connection as NonNullable<typeof connection>)
})

test('Q12 close() gives up what a proxy has not answered', async () => {
  const proxy = await loopbackProxy()
  proxy.answerWith(0)
  const { send, close } = make({ proxies: through(proxy.url) })
  const outcome = expect(send(post('https://127.0.0.1:8889'))).rejects.toMatchObject({ code: 'ERR_CLIENT_CLOSED' })
  await vi.waitFor(() => expect(proxy.asked).toHaveLength(1))
  const [connection] = proxy.open
  await close()
  await outcome
  await closed(connection as NonNullable<typeof connection>)
})
