import { Agent } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import {
  allowInsecureHttp,
  createTokenClient,
  createTokenClients,
  type TokenClientOptions,
  tlsClientAuth
} from '../../src/index.ts'
import { manualClock } from '../../src/testing/index.ts'
import { selfSigned } from '../http/certificate.ts'
import { listen } from '../support/road.ts'

/** A server that gives each client a token with its name, and says how often it was asked for what. */
async function server() {
  const asked = { metadata: 0, tokens: 0, connections: new Set<object>() }
  const origin = await listen(async (request, response) => {
    asked.connections.add(request.socket)
    response.setHeader('content-type', 'application/json')
    if (request.method === 'GET') {
      asked.metadata += 1
      response.end(JSON.stringify({ issuer: origin, token_endpoint: `${origin}/token` }))
      return
    }
    asked.tokens += 1
    const [, credentials = ''] = request.headers.authorization?.split(' ') ?? []
    const [clientId] = Buffer.from(credentials, 'base64').toString().split(':')
    response.end(JSON.stringify({ access_token: `token-of-${clientId}`, token_type: 'Bearer', expires_in: 43_200 }))
  })
  return { origin, asked }
}

const credentials = (tenant: string) => ({ clientId: tenant, clientSecret: `secret-of-${tenant}` })

test('W24 a thousand tenants make one metadata request, share connections and one timer, and no token', async () => {
  const { origin, asked } = await server()
  const clock = manualClock()
  const clients = createTokenClients((tenant) => ({ issuer: origin, ...credentials(tenant), clock }))
  onTestFinished(() => clients.close())
  const tenants = Array.from({ length: 1000 }, (_, index) => `tenant-${index}`)
  const tokens = await Promise.all(tenants.map((tenant) => clients.for(tenant).getToken()))
  expect(tokens.map(({ value }) => value)).toEqual(tenants.map((tenant) => `token-of-${tenant}`))
  expect(asked.metadata).toBe(1)
  expect(asked.tokens).toBe(1000)
  expect(asked.connections.size).toBeLessThanOrEqual(16)
  expect(clock.timers).toBe(1)
  await clients.close()
  expect(clock.timers).toBe(0)
})

test('W24 clients that are made one by one share as well, and one that is closed leaves the others alone', async () => {
  const { origin, asked } = await server()
  const [first, second, third] = ['a', 'b', 'c'].map((tenant) =>
    createTokenClient({ issuer: origin, ...credentials(tenant) })
  )
  onTestFinished(async () => {
    await second?.close()
    await third?.close()
  })
  await first?.getToken()
  await first?.close()
  expect((await second?.getToken())?.value).toBe('token-of-b')
  expect(asked.metadata).toBe(1)
  await second?.close()
  expect((await third?.getToken())?.value).toBe('token-of-c')
  await third?.close()
  const late = createTokenClient({ issuer: origin, ...credentials('d') })
  onTestFinished(() => late.close())
  await late.getToken()
  expect(asked.metadata).toBe(2)
})

test('W24 the exchange of a client that closes ends, and that of another one goes on', async () => {
  const asked: { finish(): void }[] = []
  const origin = await listen((request, response) => {
    response.setHeader('content-type', 'application/json')
    const answer = JSON.stringify({ access_token: 'x', token_type: 'Bearer', expires_in: 60 })
    asked.push({ finish: () => void response.end(answer) })
    request.resume()
  })
  const [leaving, staying] = ['a', 'b'].map((tenant) =>
    createTokenClient({ tokenEndpoint: `${origin}/token`, ...credentials(tenant) })
  )
  onTestFinished(() => staying?.close())
  const left = expect(leaving?.getToken()).rejects.toMatchObject({ code: 'ERR_CLIENT_CLOSED' })
  const stayed = staying?.getToken()
  await expect.poll(() => asked.length).toBe(2)
  await leaving?.close()
  await left
  for (const { finish } of asked) finish()
  expect((await stayed)?.value).toBe('x')
})

const identity = selfSigned()
const platform: typeof fetch = (...given) => fetch(...given)
const agents = [new Agent(), new Agent()] as const
const [firstClock, secondClock] = [manualClock(), manualClock()]

/** Pairs of options with which two clients must not share connections or metadata. */
const different: readonly [string, Partial<TokenClientOptions>, Partial<TokenClientOptions>][] = [
  ['authorities', { connect: { ca: identity.cert } }, {}],
  [
    'authorities, one of them more',
    { connect: { ca: [identity.cert] } },
    { connect: { ca: [identity.cert, identity.cert] } }
  ],
  ['certificates', { connect: { cert: identity.cert, key: identity.key } }, {}],
  ['TLS versions', { connect: { minVersion: 'TLSv1.3' } }, { connect: { minVersion: 'TLSv1.2' } }],
  ['dispatchers', { dispatcher: agents[0] }, { dispatcher: agents[1] }],
  ['ways, a dispatcher and none', { dispatcher: agents[0] }, {}],
  ['fetch functions', { fetch: platform }, { fetch: (...given) => fetch(...given) }],
  ['clocks', { clock: firstClock }, { clock: secondClock }],
  ['opinions about plain HTTP', { [allowInsecureHttp]: true }, {}],
  ['places of the metadata', { metadata: 'here' }, {}]
] as readonly [string, Partial<TokenClientOptions>, Partial<TokenClientOptions>][]

async function metadataRequests(one: Partial<TokenClientOptions>, other: Partial<TokenClientOptions>): Promise<number> {
  const { origin, asked } = await server()
  for (const [tenant, options] of Object.entries({ a: one, b: other })) {
    const place = 'metadata' in options ? { metadata: `${origin}/here` } : {}
    const given = { issuer: origin, ...credentials(tenant), ...options, ...place } as TokenClientOptions
    const tokens = createTokenClient(given)
    onTestFinished(() => tokens.close())
    await tokens.getToken().catch(() => {})
  }
  return asked.metadata
}

test.each(different)('W24 clients with other %s share nothing', async (_, one, other) => {
  expect(await metadataRequests(one, other)).toBe(2)
})

test('W24 clients behind one proxy share, and one with another password at it does not', async () => {
  let metadata = 0
  const issuer = 'http://127.0.0.1:9' // nobody is there: the proxy answers
  const proxy = await listen((request, response) => {
    if (request.method === 'GET') metadata += 1
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ issuer, token_endpoint: `${issuer}/token`, access_token: 'x' }))
  })
  const ways = [new URL(proxy), new URL(proxy), new URL(proxy.replace('//', '//user:password@'))]
  for (const way of ways) {
    const tokens = createTokenClient({ issuer, ...credentials('a'), proxy: way })
    onTestFinished(() => tokens.close())
    await tokens.getToken()
  }
  expect(metadata).toBe(2)
})

test.each<[string, () => Partial<TokenClientOptions>]>([
  ['nothing', () => ({})],
  ['the same authorities, given twice', () => ({ connect: { ca: [Buffer.from(identity.cert)] } })],
  ['one dispatcher', () => ({ dispatcher: agents[0] })],
  ['one fetch', () => ({ fetch: platform })],
  ['one clock', () => ({ clock: firstClock })],
  ['other time limits', () => ({ timeout: 1000 + Math.floor(Math.random() * 9000) })]
])('W24 clients that differ in nothing that matters share, with %s', async (_, options) => {
  expect(await metadataRequests(options(), options())).toBe(1)
})

test('W24 a client with a certificate of its own has connections of its own', async () => {
  const { origin, asked } = await server()
  const methods = [tlsClientAuth(identity), tlsClientAuth(identity)]
  for (const clientAuthentication of methods) {
    const tokens = createTokenClient({ issuer: origin, clientId: 'a', clientAuthentication })
    onTestFinished(() => tokens.close())
    await tokens.getToken().catch(() => {})
  }
  expect(asked.metadata).toBe(2)
})

test('W24 the patience of one client does not end the search of another', async () => {
  const release: (() => void)[] = []
  const origin = await listen((request, response) => {
    response.setHeader('content-type', 'application/json')
    const isMetadata = request.method === 'GET'
    const body = isMetadata ? { issuer: origin, token_endpoint: `${origin}/token` } : { access_token: 'x' }
    if (isMetadata) release.push(() => void response.end(JSON.stringify(body)))
    else response.end(JSON.stringify(body))
  })
  const clock = manualClock()
  const hasty = createTokenClient({ issuer: origin, ...credentials('a'), clock, timeout: 1000 })
  const patient = createTokenClient({ issuer: origin, ...credentials('b'), clock, timeout: 60_000 })
  onTestFinished(async () => {
    await hasty.close()
    await patient.close()
  })
  const left = expect(hasty.getToken()).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
  const stayed = patient.getToken()
  await expect.poll(() => release.length).toBe(1)
  await clock.advance(1000)
  await left
  for (const answer of release) answer()
  expect((await stayed).value).toBe('x')
})
