import { gzipSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import type { Clock } from '../../src/clock.ts'
import { TokenClientError } from '../../src/errors.ts'
import { type Sender, sender } from '../../src/http/send.ts'
import { discoveredServer } from '../../src/metadata/discovery.ts'
import { knownServer, serverAt } from '../../src/metadata/known-server.ts'
import { manualClock } from '../../src/testing/index.ts'
import { metadataServer, type PlacedAnswer, platformSender } from './metadata-server.ts'

const [oauth, openid] = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']

function discover(issuer: string, sender: Sender = platformSender) {
  return discoveredServer({ issuer, sender, clock: manualClock(), timeout: 5000 })
}

function ownSender(clock: Clock): Sender {
  const own = sender({ clock })
  onTestFinished(() => own.close())
  return own
}

test.each([
  [`${oauth}/a`, 1],
  [`/a${openid}`, 2],
  [`${openid}/a`, 3]
])('C49 an issuer whose metadata is only at %s is found', async (path, requests) => {
  const { origin, answers, asked } = await metadataServer()
  answers[path] = { document: { issuer: `${origin}/a`, token_endpoint: `${origin}/token` } }
  const server = await discover(`${origin}/a`).authorizationServer({})
  expect(server.tokenEndpoint).toBe(`${origin}/token`)
  expect(asked).toHaveLength(requests)
})

test('C49 fifty who wait make one request, and its result is kept', async () => {
  const { origin, answers, asked } = await metadataServer()
  answers[oauth] = { document: { issuer: origin, token_endpoint: `${origin}/token` } }
  const source = discover(origin)
  const servers = await Promise.all(Array.from({ length: 50 }, () => source.authorizationServer({})))
  expect(new Set(servers).size).toBe(1)
  expect(source.authorizationServer({})).toBe(servers[0])
  expect(asked).toEqual([oauth])
})

test('Q2 a caller that leaves does not end the wait of others', async () => {
  const { origin, answers, asked, hold } = await metadataServer()
  answers[oauth] = { document: { issuer: origin, token_endpoint: `${origin}/token` } }
  const release = hold()
  const source = discover(origin)
  const leaving = new AbortController()
  const left = source.authorizationServer({ signal: leaving.signal })
  const stayed = source.authorizationServer({})
  leaving.abort('my reason')
  await expect(left).rejects.toBe('my reason')
  release()
  await expect(stayed).resolves.toMatchObject({ tokenEndpoint: `${origin}/token` })
  expect(asked).toEqual([oauth])
})

test('Q5 a caller whose time is up does not end the wait of others', async () => {
  const { origin, answers, hold } = await metadataServer()
  answers[oauth] = { document: { issuer: origin, token_endpoint: `${origin}/token` } }
  const release = hold()
  const clock = manualClock()
  const source = discoveredServer({ issuer: origin, sender: platformSender, clock, timeout: 5000 })
  const left = expect(source.authorizationServer({ maxWait: 9.998 })).rejects.toMatchObject({
    code: 'ERR_TIMEOUT',
    message: `The metadata of ${new URL(origin).host} did not come within 10 ms.`
  })
  const stayed = source.authorizationServer({})
  await clock.advance(10)
  await left
  release()
  await expect(stayed).resolves.toMatchObject({ tokenEndpoint: `${origin}/token` })
})

test('C89 a redirect is not followed, wherever it leads', async () => {
  const elsewhere = await metadataServer()
  elsewhere.answers['/m'] = { document: { issuer: elsewhere.origin, token_endpoint: `${elsewhere.origin}/token` } }
  const { origin, answers } = await metadataServer()
  answers[oauth] = { status: 302, headers: { location: `${elsewhere.origin}/m` } }
  await expect(discover(origin).authorizationServer({})).rejects.toThrow('redirects are not followed')
  expect(elsewhere.asked).toEqual([])
})

test('C51 nothing found: the error names each place without its query, and what came back', async () => {
  const { origin, answers } = await metadataServer()
  answers[oauth] = { status: 503 }
  await expect(discover(`${origin}?secret=1`).authorizationServer({})).rejects.toMatchObject({
    code: 'ERR_DISCOVERY_FAILED',
    transient: true,
    message: expect.stringMatching(
      `^No usable metadata: ${origin}${oauth} answered 503; ${origin}${openid} answered 404\\.`
    )
  })
})

test('C50 a server that says it is another one is a permanent failure that names both', async () => {
  const { origin, answers } = await metadataServer()
  answers[oauth] = { document: { issuer: 'http://localhost:1', token_endpoint: `${origin}/token` } }
  const failure = await Promise.resolve(discover(origin).authorizationServer({})).catch((error) => error)
  expect(failure).toMatchObject({ code: 'ERR_DISCOVERY_FAILED', transient: false })
  expect(failure.message).toContain(`about the issuer "http://localhost:1", not "${origin}"`)
})

test('C49 a server that is down at the start is found once it is up', async () => {
  const { origin, answers } = await metadataServer()
  const source = discover(origin)
  await expect(source.authorizationServer({})).rejects.toThrow(TokenClientError)
  answers[oauth] = { document: { issuer: origin, token_endpoint: `${origin}/token` } }
  await expect(source.authorizationServer({})).resolves.toMatchObject({ issuer: origin })
})

const hour = 3_600_000

test('T52 a token endpoint that moves is picked up in the background, without a restart', async () => {
  const { origin, answers } = await metadataServer()
  answers[oauth] = { document: { issuer: origin, token_endpoint: `${origin}/old` } }
  const clock = manualClock()
  const source = discoveredServer({ issuer: origin, sender: platformSender, clock, timeout: 5000 })
  const first = await source.authorizationServer({})
  answers[oauth] = { document: { issuer: origin, token_endpoint: `${origin}/new` } }
  await clock.advance(hour - 1)
  expect(source.authorizationServer({})).toBe(first)
  await clock.advance(1)
  expect(source.authorizationServer({})).toBe(first)
  await expect.poll(async () => (await source.authorizationServer({})).tokenEndpoint).toBe(`${origin}/new`)
})

test('C49 what is known outlives a server that fails, and the server is not asked at every call', async () => {
  const { origin, answers, asked } = await metadataServer()
  answers[oauth] = { document: { issuer: origin, token_endpoint: `${origin}/token` } }
  const clock = manualClock()
  const source = discoveredServer({ issuer: origin, sender: platformSender, clock, timeout: 5000 })
  const first = await source.authorizationServer({})
  answers[oauth] = { status: 503 }
  await clock.advance(hour)
  for (let call = 0; call < 5; call++) expect(source.authorizationServer({})).toBe(first)
  await expect(source.rediscover({})).resolves.toBe(first)
  expect(asked).toEqual([oauth, oauth, openid])
  await clock.advance(60_000)
  expect(source.authorizationServer({})).toBe(first)
  await expect.poll(() => asked.length).toBe(5)
})

test('T52 a token endpoint that is gone makes the server be asked now', async () => {
  const { origin, answers } = await metadataServer()
  answers[oauth] = { document: { issuer: origin, token_endpoint: `${origin}/old` } }
  const source = discover(origin)
  await source.authorizationServer({})
  answers[oauth] = { document: { issuer: origin, token_endpoint: `${origin}/new` } }
  await expect(source.rediscover({})).resolves.toMatchObject({ tokenEndpoint: `${origin}/new` })
})

test('T65 nobody answers anywhere: the error keeps the code of the network and names the places', async () => {
  const sender: Sender = {
    async send() {
      throw new TokenClientError('ERR_NETWORK', 'Connection refused.', { transient: true, retryAfter: 7 })
    },
    close: async () => {}
  }
  await expect(discover('https://auth.internal', sender).authorizationServer({})).rejects.toMatchObject({
    code: 'ERR_NETWORK',
    transient: true,
    retryAfter: 7,
    message: expect.stringContaining(`https://auth.internal${openid} could not be fetched: Connection refused.`)
  })
})

const page = Buffer.alloc(80 * 1024, '<p>')

test.each<[string, PlacedAnswer]>([
  ['a gzipped 404', { status: 404, headers: { 'content-encoding': 'gzip' }, body: gzipSync('not here') }],
  ['a gzipped document', { headers: { 'content-encoding': 'gzip' }, body: gzipSync('{}') }],
  ['a page of 80 KiB', { headers: { 'content-type': 'text/html' }, body: page }],
  ['a 404 of 80 KiB', { status: 404, body: page }],
  ['a reset', { instead: 'reset' }],
  ['a 500', { status: 500 }],
  ['a 503 that asks for a pause', { status: 503, headers: { 'retry-after': '60' } }],
  ['a redirect', { status: 302, headers: { location: '/login' } }],
  ['half a document', { body: '{"issuer":' }],
  ['a document without an issuer', { document: { error: 'not_found' } }],
  ['a document whose issuer is empty', { document: { issuer: '', error: 'not_configured' } }],
  ['a document without a token endpoint', { document: {} }]
])('W14 the first place has %s, and the second has the metadata', async (_, answer) => {
  const { origin, answers, asked } = await metadataServer()
  const { document } = answer
  answers[oauth] = document === undefined || 'error' in document ? answer : { document: { issuer: origin } }
  answers[openid] = { document: { issuer: origin, token_endpoint: `${origin}/token` } }
  const server = await discover(origin, ownSender(manualClock())).authorizationServer({})
  expect(server.tokenEndpoint).toBe(`${origin}/token`)
  expect(asked.at(-1)).toBe(openid)
})

test('W14 a place that says nothing takes its share of the time, and no more', async () => {
  const { origin, answers, asked } = await metadataServer()
  answers[oauth] = { instead: 'silence' }
  answers[openid] = { document: { issuer: origin, token_endpoint: `${origin}/token` } }
  const clock = manualClock()
  const found = discoveredServer({ issuer: origin, sender: ownSender(clock), clock, timeout: 4000 })
  const server = found.authorizationServer({})
  await expect.poll(() => asked).toEqual([oauth])
  await clock.advance(2000)
  await expect(server).resolves.toMatchObject({ tokenEndpoint: `${origin}/token` })
})

test('W14 a place that is slow is still heard when the next one has nothing', async () => {
  const { origin, answers, asked, hold } = await metadataServer()
  const clock = manualClock()
  answers[oauth] = { document: { issuer: origin, token_endpoint: `${origin}/token` } }
  const release = hold()
  const server = discoveredServer({ issuer: origin, sender: ownSender(clock), clock, timeout: 4000 })
  const found = server.authorizationServer({})
  await expect.poll(() => asked).toEqual([oauth])
  await clock.advance(2000)
  await expect.poll(() => asked).toEqual([oauth, openid])
  release()
  await expect(found).resolves.toMatchObject({ tokenEndpoint: `${origin}/token` })
})

test('W14 C50 a document about another issuer ends the search', async () => {
  const { origin, answers, asked } = await metadataServer()
  answers[oauth] = { document: { issuer: 'https://other.internal', token_endpoint: `${origin}/token` } }
  answers[openid] = { document: { issuer: origin, token_endpoint: `${origin}/token` } }
  const failure = { code: 'ERR_DISCOVERY_FAILED', transient: false }
  await expect(discover(origin).authorizationServer({})).rejects.toMatchObject(failure)
  expect(asked).toEqual([oauth])
})

test('W15 429 is asked for nothing more until its pause is over', async () => {
  const { origin, answers, asked } = await metadataServer()
  answers[oauth] = { status: 429, headers: { 'retry-after': '120' } }
  const clock = manualClock()
  const source = discoveredServer({ issuer: origin, sender: platformSender, clock, timeout: 5000 })
  const limited = { code: 'ERR_RATE_LIMITED', transient: true, status: 429 }
  await expect(source.authorizationServer({})).rejects.toMatchObject({ ...limited, retryAfter: 120_000 })
  await clock.advance(100_000)
  await expect(source.authorizationServer({})).rejects.toMatchObject({ ...limited, retryAfter: 20_000 })
  await expect(source.rediscover({})).rejects.toMatchObject(limited)
  expect(asked).toEqual([oauth])
  answers[oauth] = { document: { issuer: origin, token_endpoint: `${origin}/token` } }
  await clock.advance(20_000)
  await expect(source.authorizationServer({})).resolves.toMatchObject({ issuer: origin })
})

test('W15 a pause that is asked for with 503 is kept as well, five minutes at most', async () => {
  const { origin, answers, asked } = await metadataServer()
  answers[openid] = { status: 503, headers: { 'retry-after': '86400' } }
  const clock = manualClock()
  const source = discoveredServer({ issuer: origin, sender: platformSender, clock, timeout: 5000 })
  await expect(source.authorizationServer({})).rejects.toMatchObject({ code: 'ERR_DISCOVERY_FAILED', transient: true })
  await clock.advance(299_999)
  await expect(source.authorizationServer({})).rejects.toMatchObject({ retryAfter: 1 })
  expect(asked).toEqual([oauth, openid])
  await clock.advance(1)
  await expect(source.authorizationServer({})).rejects.toThrow()
  expect(asked).toHaveLength(4)
})

test('C49 a configured token endpoint is known at once', () => {
  const source = knownServer(serverAt('https://a/token', 'https://a'))
  expect(source.authorizationServer({})).toMatchObject({ issuer: 'https://a', tokenEndpoint: 'https://a/token' })
})

test('T52 a configured token endpoint stays what it is', async () => {
  const source = knownServer(serverAt('https://a/token', undefined))
  await expect(source.rediscover({})).resolves.toBe(source.authorizationServer({}))
})
