import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { connect as connectHttp2, createSecureServer } from 'node:http2'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import express from 'express'
import fastify from 'fastify'
import { Agent, request } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import {
  type AccessTokenVerifierOptions,
  type GuardedResponse,
  requireToken,
  scopes,
  type TokenCarrier
} from '../../src/resource-server/index.ts'
import { authority, certificate } from '../support/certificates.ts'
import { testIssuer } from './issuer.ts'
import { ath, proofSigner, target } from './proofs.ts'

const by = await testIssuer()
const client = await proofSigner('ES256', () => by.clock.wallTime() / 1000)
const token = await by.token({ cnf: { jkt: client.jkt } })
const ca = await authority()
const service = await certificate('service', ca)

const proof = (htu: string, htm = 'GET') => client.proof({ ath: ath(token), htm, htu })
const guardOf = (options: Partial<AccessTokenVerifierOptions> = {}) =>
  requireToken(by.verifier({ dpop: 'accepted', ...options }), scopes('read_user'))

function guarded(options?: Partial<AccessTokenVerifierOptions>): RequestListener {
  const guard = guardOf(options)
  return (incoming, response) => guard(incoming, response, () => response.end('welcome'))
}

async function listening(server: Server): Promise<string> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => void server.close())
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

const plain = async (options?: Partial<AccessTokenVerifierOptions>) =>
  `http://${await listening(createServer(guarded(options)))}`

async function call(url: string, htu: string, method: 'GET' | 'POST' = 'GET', headers: string[] = []): Promise<number> {
  const agent = new Agent({ connect: { ca: ca.cert } })
  onTestFinished(() => agent.destroy())
  const sent = ['authorization', `DPoP ${token}`, 'dpop', proof(htu, method), ...headers]
  const response = await request(url, { method, dispatcher: agent, headers: sent })
  await response.body.dump()
  return response.statusCode
}

/** The status of a request that no client library would write. */
async function raw(url: string, lines: string[]): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(url).port) })
  socket.end(`${[...lines, `authorization: DPoP ${token}`, 'connection: close'].join('\r\n')}\r\n\r\n`)
  return (await text(socket)).slice(9, 12)
}

test('R36 checks 8 and 9: method and URL are those of the request on the wire', async () => {
  const url = await plain()
  expect(await call(`${url}/users/7?q=1`, `${url}/users/7`)).toBe(200)
  expect(await call(`${url}/users/7`, `${url}/users/7`, 'POST')).toBe(200)
  expect(await call(`${url}/users/7`, `${url}/users/8`)).toBe(401)
  expect(await call(`${url}/users/7`, url.replace('http', 'https'))).toBe(401)
  expect(await call(`${url}/users/7`, 'http://users.internal/users/7')).toBe(401)
  expect(await call(url, `${url}/`)).toBe(200)
  expect(await call(`${url}/`, url)).toBe(200)
})

test('R36 check 9: over TLS the scheme is https, with HTTP/2 too', async () => {
  const secure = `https://${await listening(createTlsServer(service, guarded()))}`
  expect(await call(`${secure}/users`, `${secure}/users`)).toBe(200)
  expect(await call(`${secure}/users`, `${secure.replace('https', 'http')}/users`)).toBe(401)

  const guard = guardOf()
  const server = createSecureServer(service, (incoming, response) => {
    guard(incoming, response as GuardedResponse, () => response.end('welcome'))
  })
  const url = `https://${await listening(server as unknown as Server)}`
  const session = connectHttp2(url, { ca: ca.cert })
  onTestFinished(() => session.destroy())
  for (const [htu, status] of [
    [`${url}/users`, 200],
    [`${url}/user`, 401]
  ] as const) {
    const stream = session.request({ ':path': '/users', authorization: `DPoP ${token}`, dpop: proof(htu) })
    const [answer] = await once(stream, 'response')
    stream.close()
    expect(answer[':status']).toBe(status)
  }
})

test('R36 check 1: two fields with a proof are refused, whichever is good', async () => {
  const url = await plain()
  expect(await call(url, url, 'GET', ['DPoP', proof(url)])).toBe(401)
  expect(await call(url, url, 'GET', ['dPoP', 'x'])).toBe(401)
})

test('two fields with a token are refused, of one scheme or of both', async () => {
  const url = await plain()
  expect(await call(url, url, 'GET', ['authorization', `DPoP ${token}`])).toBe(400)
  expect(await call(url, url, 'GET', ['Authorization', `Bearer ${token}`])).toBe(400)
})

test('R36 check 9: a path that begins with two slashes does not name a host, and a request for another host is refused', async () => {
  const url = await plain()
  const { host } = new URL(url)
  const get = (path: string, htu: string, headers = [`host: ${host}`]) =>
    raw(url, [`GET ${path} HTTP/1.1`, ...headers, `dpop: ${proof(htu)}`])
  expect(await get('//users.internal/users', `${url}//users.internal/users`)).toBe('200')
  expect(await get('//users.internal/users', 'http://users.internal/users')).toBe('401')
  expect(await get('/users', `${url}/users`)).toBe('200')
  expect(await get(`${url}/users`, `${url}/users`)).toBe('200')
  expect(await get('http://users.internal/users', `${url}/users`)).toBe('401')
  expect(await raw(url, ['OPTIONS * HTTP/1.1', `host: ${host}`, `dpop: ${proof(url, 'OPTIONS')}`])).toBe('401')
})

test('R36 check 9: externalUrl says how clients call a service, and neither Host nor forwarded fields say otherwise', async () => {
  const url = await plain({ externalUrl: 'https://api.internal/users/' })
  expect(await call(`${url}/7?q=1`, 'https://api.internal/users/7')).toBe(200)
  expect(await call(url, 'https://api.internal/users/')).toBe(200)
  // A proxy that takes the prefix away makes the same of both.
  expect(await call(url, 'https://api.internal/users')).toBe(200)
  expect(await call(`${url}/?q=1`, 'https://api.internal/users')).toBe(200)
  expect(await call(`${url}/7`, 'https://api.internal/users')).toBe(401)
  expect(await call(`${url}/7`, `${url}/7`)).toBe(401)
  const forwarded = ['x-forwarded-host', 'evil.internal', 'x-forwarded-proto', 'https', 'host', 'evil.internal']
  expect(await call(`${url}/7`, 'https://evil.internal/7', 'GET', forwarded)).toBe(401)
  const absolute = ['GET http://evil.internal/7 HTTP/1.1', 'host: evil.internal']
  expect(await raw(url, [...absolute, `dpop: ${proof('http://evil.internal/7')}`])).toBe('401')
})

test('R36 check 9: a service can have several URLs', async () => {
  const url = await plain({ externalUrl: ['https://api.internal', new URL('https://users.internal/v1')] })
  expect(await call(`${url}/7`, 'https://api.internal/7')).toBe(200)
  expect(await call(`${url}/7`, 'https://users.internal/v1/7')).toBe(200)
  expect(await call(`${url}/7`, 'https://users.internal/7')).toBe(401)
})

test('R36 check 9: Express and Fastify shorten and rewrite the URL; the client has sent the whole', async () => {
  const app = express()
  const router = express.Router()
  router.get('/7', guardOf(), (_request, response) => void response.send('welcome'))
  app.use('/users', router)
  const url = `http://${await listening(createServer(app))}`
  expect(await call(`${url}/users/7`, `${url}/users/7`)).toBe(200)
  expect(await call(`${url}/users/7`, `${url}/7`)).toBe(401)

  const server = fastify({ rewriteUrl: ({ url = '/' }) => url.replace('/v1', '') })
  server.get('/users/7', { preHandler: guardOf() }, async () => 'welcome')
  const fastifyUrl = await server.listen({ port: 0, host: '127.0.0.1' })
  onTestFinished(() => server.close())
  expect(await call(`${fastifyUrl}/v1/users/7`, `${fastifyUrl}/v1/users/7`)).toBe(200)
  expect(await call(`${fastifyUrl}/v1/users/7`, `${fastifyUrl}/users/7`)).toBe(401)
})

test('R39 a request that passes two guards of Express uses its proof once', async () => {
  const app = express()
  const guard = guardOf()
  app.use(guard, guard)
  app.get('/', (_request, response) => void response.send('welcome'))
  const url = `http://${await listening(createServer(app))}`
  expect(await call(url, url)).toBe(200)
})

const headers = (htu: string) => ({ Authorization: `DPoP ${token}`, DPoP: proof(htu), Host: 'users.internal' })
const stage = 'https://a1.execute-api.internal/prod/users/7'
const context = { domainName: 'a1.execute-api.internal', path: '/prod/users/7' }

test.each<[string, (htu: string) => TokenCarrier, string]>([
  ['an object of one’s own', (htu) => ({ headers: headers(htu), method: 'GET', url: target }), target],
  ['an object with a path', (htu) => ({ headers: headers(htu), method: 'GET', url: '/users/7?q=1' }), target],
  ['an object with Headers', (htu) => ({ headers: new Headers(headers(htu)), method: 'GET', url: target }), target],
  [
    'an event of a REST API of Lambda',
    (htu) => ({ headers: headers(htu), httpMethod: 'GET', path: '/users/7', requestContext: context }),
    stage
  ],
  [
    'an event of an HTTP API of Lambda',
    (htu) => ({
      headers: headers(htu),
      rawPath: '/prod/users/7',
      requestContext: { domainName: context.domainName, http: { method: 'GET' } }
    }),
    stage
  ],
  [
    'an event of a load balancer',
    (htu) => ({
      multiValueHeaders: Object.fromEntries(Object.entries(headers(htu)).map(([name, value]) => [name, [value]])),
      httpMethod: 'GET',
      path: '/users/7'
    }),
    target
  ]
])('R36 check 9: the URL of %s', async (_what, make, htu) => {
  const verifier = by.verifier({ dpop: 'accepted' })
  expect(await verifier.verify(make(htu))).toMatchObject({ clientId: 'orders' })
  await expect(verifier.verify(make(`${htu}/8`))).rejects.toMatchObject({ reason: 'proof_of_another_request' })
  const outside = by.verifier({ dpop: 'accepted', externalUrl: 'https://api.internal' })
  const path = new URL(htu).pathname
  expect(await outside.verify(make(`https://api.internal${path}`))).toMatchObject({ clientId: 'orders' })
})

test('R36 check 1: two proofs in plain header fields are refused', async () => {
  const verifier = by.verifier({ dpop: 'accepted' })
  const sent = { ...headers(target), dpop: proof(target) }
  await expect(verifier.verify({ headers: sent, method: 'GET', url: target })).rejects.toMatchObject({
    reason: 'several_proofs'
  })
})
