import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect, createServer as createHttp2Server, createSecureServer } from 'node:http2'
import type { AddressInfo, Server } from 'node:net'
import express, { type ErrorRequestHandler } from 'express'
import fastify from 'fastify'
import { expect, onTestFinished, test, vi } from 'vitest'
import {
  accessTokenOf,
  answerFor,
  type GuardedRequest,
  optionalAccessTokenOf,
  problemJson,
  type RequireTokenOptions,
  requireToken,
  scopes
} from '../../src/resource-server/index.ts'
import { authority, certificate } from '../support/certificates.ts'
import { audience, testIssuer } from './issuer.ts'

const by = await testIssuer()
const good = `Bearer ${await by.token()}`
const narrow = `Bearer ${await by.token({ scope: 'other' })}`
const challenge = `Bearer realm="${audience}"`

async function listening(server: Server): Promise<string> {
  if (!server.listening) await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function greeting(request: GuardedRequest): string {
  return optionalAccessTokenOf(request)?.clientId ?? 'nobody'
}

type Start = (options: RequireTokenOptions) => Promise<string>

const guard = (options: RequireTokenOptions) => requireToken(by.verifier(), scopes('read_user'), options)

const frameworks: Record<string, Start> = {
  'node:http': (options) => {
    const guarded = guard(options)
    return listening(
      createServer((request, response) => guarded(request, response, () => response.end(greeting(request))))
    )
  },
  'Express 5': (options) => {
    const app = express().use(guard(options), (request, response) => void response.send(greeting(request)))
    return listening(app.listen(0, '127.0.0.1'))
  },
  'Fastify 5': async (options) => {
    const app = fastify({ forceCloseConnections: true })
    const method = ['GET', 'OPTIONS']
    app.route({ method, url: '/', preHandler: guard(options), handler: async (request) => greeting(request) })
    onTestFinished(() => app.close())
    return app.listen({ host: '127.0.0.1', port: 0 })
  }
}

const every = Object.entries(frameworks)

async function call(url: string, headers: Record<string, string> = {}, method = 'GET') {
  const response = await fetch(url, { method, headers: { connection: 'close', ...headers } })
  return { status: response.status, headers: response.headers, body: await response.text() }
}

test.each(every)(
  'R43 where a token is optional, a request on %s without one passes, and a bad one does not',
  async (_name, start) => {
    const url = await start({ optional: true })
    expect(await call(url)).toMatchObject({ status: 200, body: 'nobody' })
    expect(await call(url, { authorization: 'Basic eDp5' })).toMatchObject({ status: 200, body: 'nobody' })
    expect(await call(url, { authorization: good })).toMatchObject({ status: 200, body: 'orders' })
    for (const [authorization, status] of [
      ['Bearer x', 401],
      ['Bearer', 400],
      [narrow, 403]
    ] as const)
      expect((await call(url, { authorization })).status).toBe(status)
  }
)

test('R43 a handler that expects an optional token gets a clear error', async () => {
  const guarded = guard({ optional: true })
  const server = createServer((request, response) =>
    guarded(request, response, () => {
      expect(() => accessTokenOf(request)).toThrow(/use optionalAccessTokenOf/)
      response.end('told')
    })
  )
  expect((await call(await listening(server))).body).toBe('told')
})

test.each(every)('R43 preflights pass on %s if the option is set, and no other request does', async (_name, start) => {
  const preflight = { origin: 'https://shop.internal', 'access-control-request-method': 'GET' }
  const [open, closed] = [await start({ preflights: true }), await start({})]
  expect((await call(open, preflight, 'OPTIONS')).status).toBe(200)
  expect((await call(closed, preflight, 'OPTIONS')).status).toBe(401)
  expect((await call(open, {}, 'OPTIONS')).status).toBe(401)
  expect((await call(open, { origin: 'https://shop.internal' }, 'OPTIONS')).status).toBe(401)
  expect((await call(open, preflight, 'GET')).status).toBe(401)
})

test.each(every)('R15 a refusal on %s can have a body, which says no more than the status', async (_name, start) => {
  const url = await start({ refusal: problemJson })
  const refused = await call(url)
  expect(refused).toMatchObject({
    status: 401,
    body: JSON.stringify({ type: 'about:blank', title: 'Unauthorized', status: 401 })
  })
  expect(Object.fromEntries(refused.headers)).toMatchObject({
    'content-type': expect.stringMatching(/^application\/problem\+json/),
    'cache-control': 'no-store',
    'www-authenticate': challenge
  })
  const secret = await call(url, { authorization: `Bearer ${await by.token({ aud: 'x' })}` })
  expect(secret.body).toBe(refused.body)
})

test.each(every)(
  'R7 a body of your own on %s takes no challenge away, and one that fails takes nothing',
  async (_name, start) => {
    const emit = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    onTestFinished(() => emit.mockRestore())
    const url = await start({
      refusal: () => ({ body: 'no', headers: { 'www-authenticate': 'none', 'x-own': 'yes' } })
    })
    const own = await call(url)
    expect([own.status, own.body, own.headers.get('x-own'), own.headers.get('www-authenticate')]).toEqual([
      401,
      'no',
      'yes',
      challenge
    ])
    for (const refusal of [
      () => {
        throw new Error('broken')
      },
      () => undefined,
      () => ({ body: 7 })
    ]) {
      const plain = await call(await start({ refusal: refusal as never }))
      expect([plain.status, plain.body, plain.headers.get('www-authenticate')]).toEqual([401, '', challenge])
    }
    expect(emit).toHaveBeenCalledTimes(1)
  }
)

test('R43 Express’ error handling gets a refusal on demand, with all that the answer needs', async () => {
  const heard: unknown[] = []
  const onError: ErrorRequestHandler = (error, _request, response, _next) => {
    heard.push(error.cause.reason)
    response.status(error.status).set(error.headers).json({ own: error.message })
  }
  const app = express().use(guard({ errors: 'next' }))
  app.get('/', (_request, response) => void response.send('welcome')).use(onError)
  const url = await listening(app.listen(0, '127.0.0.1'))
  const refused = await call(url)
  expect([refused.status, refused.body, refused.headers.get('www-authenticate')]).toEqual([
    401,
    '{"own":"Unauthorized"}',
    challenge
  ])
  expect((await call(url, { authorization: good })).body).toBe('welcome')
  expect(heard).toEqual(['no_token'])
})

test.each(['Express 5', 'Fastify 5'])(
  'R15 the default error handling of %s answers rightly too, and tells no reason',
  async (name) => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {})
    onTestFinished(() => log.mockRestore())
    const url = await frameworks[name]?.({ errors: 'next' })
    const refused = await call(url ?? '', { authorization: `Bearer ${await by.token({ aud: 'x' })}` })
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
      401,
      `${challenge}, error="invalid_token"`
    ])
    expect(refused.body).not.toMatch(/audience/)
  }
)

test.each(every)(
  'R43 who was let through on %s is heard of, and a listener that fails harms nobody',
  async (_name, start) => {
    const emit = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    onTestFinished(() => emit.mockRestore())
    const heard: string[] = []
    const url = await start({
      onAllowed: ({ clientId }, { url: path }) => {
        heard.push(`${clientId} ${path}`)
        throw new Error('broken')
      }
    })
    expect((await call(`${url}/?id=7`, { authorization: good })).status).toBe(200)
    await call(url)
    expect(heard).toEqual(['orders /?id=7'])
    expect(emit).toHaveBeenCalledExactlyOnceWith('onAllowed of requireToken() failed.', expect.anything())
  }
)

test('R43 a rule on Express sees its request', async () => {
  const own = {
    scope: [],
    allows: async (_token: unknown, request?: unknown) => (request as express.Request).params.id === '7'
  }
  const app = express()
  app.get(
    '/users/:id',
    requireToken(by.verifier(), own),
    (_request: unknown, response: express.Response) => void response.send('welcome')
  )
  const url = await listening(app.listen(0, '127.0.0.1'))
  expect((await call(`${url}/users/7`, { authorization: good })).status).toBe(200)
  expect((await call(`${url}/users/8`, { authorization: good })).status).toBe(403)
})

/** The status and the challenge of a request over HTTP/2. */
async function callHttp2(url: string, headers: Record<string, string>, tls: object = {}) {
  const session = connect(url, tls)
  onTestFinished(() => session.destroy())
  const stream = session.request({ ':path': '/', ...headers })
  const [answer] = await once(stream, 'response')
  let body = ''
  for await (const chunk of stream.setEncoding('utf8')) body += chunk
  return [answer[':status'], answer['www-authenticate'], body]
}

test('R43 a service on node:http2 serves allowed requests, and answers the others', async () => {
  const guarded = guard({ refusal: problemJson })
  const server = createHttp2Server((request, response) =>
    guarded(request, response, () => response.end(greeting(request)))
  )
  const url = await listening(server)
  expect(await callHttp2(url, { authorization: good })).toEqual([200, undefined, 'orders'])
  expect(await callHttp2(url, {})).toEqual([401, challenge, expect.stringContaining('Unauthorized')])
  expect(await callHttp2(url, { authorization: narrow })).toEqual([
    403,
    `${challenge}, scope="read_user", error="insufficient_scope"`,
    expect.stringContaining('Forbidden')
  ])
})

test('R34 on node:http2 a token counts with the certificate that it is bound to', async () => {
  const ca = await authority()
  const [service, client, thief] = await Promise.all(
    ['service', 'client', 'thief'].map((name) => certificate(name, ca))
  )
  const { X509Certificate, createHash } = await import('node:crypto')
  const der = new X509Certificate(client?.cert ?? '').raw
  const cnf = { 'x5t#S256': createHash('sha256').update(der).digest('base64url') }
  const bound = `Bearer ${await by.token({ cnf })}`
  const guarded = guard({})
  const tls = { ...service, ca: ca.cert, requestCert: true, rejectUnauthorized: false }
  const server = createSecureServer(tls, (request, response) =>
    guarded(request, response, () => response.end(greeting(request)))
  )
  const url = (await listening(server)).replace('http:', 'https:')
  const from = (by?: object) => callHttp2(url, { authorization: bound }, { ca: ca.cert, ...by })
  expect((await from(client))[0]).toBe(200)
  expect((await from(thief))[0]).toBe(401)
  expect((await from())[0]).toBe(401)
})

test('R43 on node:http2 a request that was answered first, or whose stream is gone, is over', async () => {
  let served = 0
  const guarded = guard({})
  const server = createHttp2Server((request, response) => {
    guarded(request, response, () => served++)
    if (request.headers['x-how'] === 'answered') response.writeHead(504).end('too late')
    else response.stream.destroy()
  })
  const url = await listening(server)
  expect(await callHttp2(url, { 'x-how': 'answered', authorization: good })).toEqual([504, undefined, 'too late'])
  for (const headers of [{ authorization: good }, {}]) {
    const session = connect(url)
    await once(session.request(headers), 'close')
    session.destroy()
  }
  expect(served).toBe(0)
})

test.each<[string, unknown, number, object]>([
  ['a mistake', new TypeError('x'), 500, {}],
  ['what is no error', undefined, 500, {}],
  ['another thing', 'no', 500, {}]
])('answerFor() treats %s as a mistake of the service', (_what, error, status, headers) => {
  expect(answerFor(error)).toEqual({ status, headers: { 'cache-control': 'no-store', ...headers }, body: '' })
})

test('answerFor() has the whole answer to a refusal, and to an issuer that is down', async () => {
  const refusal = await by
    .verifier()
    .verify(undefined)
    .catch((error: unknown) => error)
  expect(answerFor(refusal)).toEqual({
    status: 401,
    headers: { 'cache-control': 'no-store', 'www-authenticate': challenge },
    body: ''
  })
  const { TokenClientError } = await import('../../src/index.ts')
  const away = new TokenClientError('ERR_KEYS_UNAVAILABLE', 'x', { transient: true, retryAfter: 4001 })
  expect(answerFor(away)).toMatchObject({ status: 503, headers: { 'retry-after': '5' } })
  const wrong = new TokenClientError('ERR_KEYS_UNAVAILABLE', 'x', { transient: false })
  expect(answerFor(wrong)).toMatchObject({ status: 500 })
})

test.each<[string, object, RegExp]>([
  ['an unknown option', { onRefuse: () => {} }, /onRefuse is not an option/],
  ['no object', [] as object, /must be an object/]
])('requireToken with %s says so', (_what, options, message) => {
  expect(() => guard(options as RequireTokenOptions)).toThrow(message)
})
