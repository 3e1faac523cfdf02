import { createServer as createHttpServer } from 'node:http'
import { constants, createSecureServer, type ServerHttp2Stream } from 'node:http2'
import { type AddressInfo, createServer, type LookupFunction, type Server } from 'node:net'
import { inspect } from 'node:util'
import { Agent, MockAgent } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import type { TokenClientError } from '../../src/errors.ts'
import { type SenderOptions, sender } from '../../src/http/send.ts'
import { manualClock } from '../../src/testing/index.ts'
import { selfSigned } from './certificate.ts'
import { rawServer } from './raw-server.ts'

async function failure(origin: string, options: Omit<SenderOptions, 'clock'> = {}): Promise<TokenClientError> {
  const { send, close } = sender({ ...options, clock: manualClock() })
  onTestFinished(close)
  const url = `${origin}/marker-path?marker-query`
  return send({ method: 'POST', url, body: 'marker-body', timeout: 5000 }).then(
    () => expect.fail('no failure'),
    (error) => error
  )
}

function userAgent(options: Agent.Options): Agent {
  const agent = new Agent(options)
  onTestFinished(() => agent.destroy())
  return agent
}

test.each(['ENOTFOUND', 'EAI_AGAIN'])(
  'T64 a host that DNS does not give (%s) is transient, and the message says which',
  async (code) => {
    const lookup: LookupFunction = (_, __, done) => done(Object.assign(new Error('dns'), { code }), '')
    const error = await failure('http://auth.internal:8080', { dispatcher: userAgent({ connect: { lookup } }) })
    expect(error).toMatchObject({ code: 'ERR_NETWORK', transient: true, cause: { code } })
    expect(error.message).toMatch(new RegExp(`auth\\.internal:8080.*DNS.*\\(${code}\\)`))
  }
)

test.each(['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'ENOBUFS'])(
  'T65 what this machine has run out of (%s) is not called a failure of the server',
  async (code) => {
    const lookup: LookupFunction = (_, __, done) => done(Object.assign(new Error('socket'), { code }), '')
    const error = await failure('http://auth.internal:8080', { dispatcher: userAgent({ connect: { lookup } }) })
    expect(error).toMatchObject({ code: 'ERR_RESOURCE_EXHAUSTED', transient: true, cause: { code } })
    expect(error.message).toMatch(new RegExp(`^auth\\.internal:8080 was not asked: .* left .*\\(${code}\\)`))
  }
)

test.each([
  ['its own Agent', {}],
  ['fetch', { fetch: (...parameters: Parameters<typeof fetch>) => fetch(...parameters) }]
])('T65 a refused connection over %s is transient and is named', async (_, options) => {
  const { origin, host } = await refusing()
  const error = await failure(origin, options)
  expect(error).toMatchObject({ code: 'ERR_NETWORK', transient: true, cause: { code: 'ECONNREFUSED' } })
  expect(error.message).toBe(`No answer from ${host}: the connection was refused (ECONNREFUSED).`)
})

/** Its host and port. It ends with the test. */
async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function refusing(): Promise<{ origin: string; host: string }> {
  const server = createServer()
  const host = await listening(server)
  await new Promise((resolve) => server.close(resolve))
  return { origin: `http://${host}`, host }
}

const trusted = selfSigned()
const expired = selfSigned({ notAfter: '210101000000Z' })
const otherName = selfSigned({ names: ['auth.internal'] })

test.each([
  ['nobody vouches for', trusted, {}, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  ['is expired', expired, { ca: expired.cert }, 'CERT_HAS_EXPIRED'],
  ['is made out to another host', otherName, { ca: otherName.cert }, 'ERR_TLS_CERT_ALTNAME_INVALID']
])(
  'T66 C22 a certificate that %s ends the connection before a byte of the request is sent',
  async (_, certificate, connect, reason) => {
    const server = await rawServer(() => {}, certificate)
    const error = await failure(server.origin, 'ca' in connect ? { dispatcher: userAgent({ connect }) } : {})
    expect(error).toMatchObject({ code: 'ERR_TLS_ERROR', transient: true, cause: { code: reason } })
    expect(error.message).toContain(`${server.host} failed (${reason})`)
    expect(server.requests).toHaveLength(0)
  }
)

test('T66 a server that speaks no TLS is a TLS failure, and plain http is not tried', async () => {
  const asked: (string | undefined)[] = []
  const origin = await listening(createHttpServer((request, response) => void response.end(asked.push(request.url))))
  expect(await failure(`https://${origin}`)).toMatchObject({
    code: 'ERR_TLS_ERROR',
    cause: { code: expect.stringMatching(/^(ERR_SSL_|EPROTO$)/) }
  })
  expect(asked).toEqual([])
})

test.each([
  [
    'a refused stream was not processed',
    (stream: ServerHttp2Stream) => stream.close(constants.NGHTTP2_REFUSED_STREAM),
    'ERR_CONNECTION_RESET'
  ],
  [
    'a session that ends with GOAWAY before an answer broke off',
    ({ session }: ServerHttp2Stream) => session?.destroy(undefined, constants.NGHTTP2_NO_ERROR),
    'ERR_CONNECTION_RESET'
  ],
  [
    'a broken stream may have been processed',
    (stream: ServerHttp2Stream) => stream.close(constants.NGHTTP2_INTERNAL_ERROR),
    'ERR_NETWORK'
  ]
])('T68 over HTTP/2 %s', async (_, answer, code) => {
  const server = createSecureServer(trusted)
  server.on('stream', (stream) => answer(stream.on('error', () => {})))
  const dispatcher = userAgent({ allowH2: true, connect: { ca: trusted.cert } })
  expect(await failure(`https://${await listening(server)}`, { dispatcher })).toMatchObject({ code, transient: true })
})

test('an answer that is not HTTP is transient', async () => {
  const server = await rawServer(({ socket }) => socket.write('SSH-2.0-OpenSSH_9.9\r\n\r\n'))
  expect(await failure(server.origin)).toMatchObject({ code: 'ERR_NETWORK', transient: true })
})

test("a user's dispatcher that is closed says so", async () => {
  const dispatcher = userAgent({})
  await dispatcher.destroy()
  const error = await failure('http://127.0.0.1:9', { dispatcher })
  expect(error).toMatchObject({
    code: 'ERR_NETWORK',
    message: 'No answer from 127.0.0.1:9: the dispatcher is closed (UND_ERR_DESTROYED).'
  })
})

test('a dispatcher that throws, as a mock without a match does, rejects', async () => {
  const dispatcher = new MockAgent()
  dispatcher.disableNetConnect()
  expect(await failure('http://127.0.0.1:9', { dispatcher })).toMatchObject({ code: 'ERR_NETWORK' })
})

test('X11 no failure shows the path, the query, the body, or what a fetch threw that is no error', async () => {
  const { origin } = await refusing()
  const failures = [await failure(origin), await failure(origin, { fetch: () => Promise.reject('marker-secret') })]
  for (const error of failures) expect(inspect(error, { showHidden: true, depth: null })).not.toContain('marker')
})
