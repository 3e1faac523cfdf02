import { createRemoteJWKSet, decodeProtectedHeader, type JWTPayload, jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import { manualClock } from '../../src/testing/index.ts'
import { basic, billing, orders, post, serverForTest } from './server.ts'

test('A1 a token answer is JSON that no cache on the way keeps', async () => {
  const { tokenEndpoint } = await serverForTest()
  const response = await post(tokenEndpoint)
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('application/json')
  expect(response.headers.get('cache-control')).toBe('no-store')
  expect(response.headers.get('pragma')).toBe('no-cache')
  expect(await response.json()).toEqual({
    access_token: expect.any(String),
    token_type: 'Bearer',
    expires_in: 43_200,
    scope: 'read_user write_user'
  })
})

test('A2 a wrong secret in Authorization is answered with 401 and the scheme that fits', async () => {
  const { tokenEndpoint } = await serverForTest()
  for (const authorization of [basic('orders', 'wrong'), basic('nobody', 'x'), 'Basic %%%', 'Bearer x', 'Basic']) {
    const response = await post(tokenEndpoint, {}, { authorization })
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toMatch(/^Basic realm="/)
    expect(await response.json()).toMatchObject({ error: 'invalid_client' })
  }
})

test('A2 a Basic half that is not form-encoded does not authenticate', async () => {
  const { tokenEndpoint } = await serverForTest()
  const authorization = `Basic ${Buffer.from(`orders:${orders.clientSecret}`).toString('base64')}`
  expect((await post(tokenEndpoint, {}, { authorization })).status).toBe(401)
})

test('A2 both ways to send a secret are understood, with characters that trip encoders', async () => {
  const { tokenEndpoint } = await serverForTest()
  const inBody = { client_id: orders.clientId, client_secret: orders.clientSecret }
  expect((await post(tokenEndpoint)).status).toBe(200)
  expect((await post(tokenEndpoint, inBody, {})).status).toBe(200)
  expect((await post(tokenEndpoint, { client_id: orders.clientId })).status).toBe(200)
})

const secret = { client_id: 'orders', client_secret: orders.clientSecret }

test.each<[string, Record<string, string> | [string, string][], string]>([
  ['no credentials', {}, 'invalid_client'],
  ['a wrong secret in the body', { ...secret, client_secret: 'wrong' }, 'invalid_client'],
  ['a secret without an id', { client_secret: orders.clientSecret }, 'invalid_client'],
  ['an unknown scope', { ...secret, scope: 'read_user everything' }, 'invalid_scope'],
  ['a malformed scope', { ...secret, scope: 'read"user' }, 'invalid_scope'],
  ['only the scope of another client', { ...secret, scope: 'charge' }, 'invalid_scope'],
  ['a relative resource', { ...secret, resource: 'users' }, 'invalid_target'],
  ['a resource with a fragment', { ...secret, resource: 'https://users.internal#x' }, 'invalid_target'],
  ['a resource that is not its own', { ...secret, resource: 'https://other.internal' }, 'invalid_target'],
  ['an audience that is not its own', { ...secret, audience: 'https://other.internal' }, 'invalid_target']
])('A2 %s is refused with 400 and the code of the RFC', async (_what, fields, error) => {
  const { tokenEndpoint } = await serverForTest()
  const response = await post(tokenEndpoint, fields, {})
  expect(response.status).toBe(400)
  expect(response.headers.get('cache-control')).toBe('no-store')
  expect(await response.json()).toMatchObject({ error })
})

test('A2 another grant type, or none, is refused by its name', async () => {
  const { tokenEndpoint } = await serverForTest()
  const headers = { authorization: basic(orders.clientId, orders.clientSecret) }
  const send = (fields: Record<string, string>) =>
    fetch(tokenEndpoint, { method: 'POST', headers, body: new URLSearchParams(fields) }).then((answer) => answer.json())
  expect(await send({ grant_type: 'password' })).toMatchObject({ error: 'unsupported_grant_type' })
  expect(await send({ grant_type: '' })).toMatchObject({ error: 'invalid_request' })
})

test('A2 a disabled client can authenticate but gets no token', async () => {
  const { tokenEndpoint } = await serverForTest({ clients: [{ ...orders, enabled: false }] })
  expect(await (await post(tokenEndpoint)).json()).toMatchObject({ error: 'unauthorized_client' })
})

test.each<[string, Record<string, string> | [string, string][]]>([
  [
    'a repeated parameter',
    [
      ['scope', 'read_user'],
      ['scope', 'read_user']
    ]
  ],
  [
    'a repeated unknown parameter',
    [
      ['x', '1'],
      ['x', '2']
    ]
  ],
  ['two authentication methods', { client_id: 'orders', client_secret: orders.clientSecret }],
  ['a client_id that is not the one that authenticates', { client_id: 'billing' }]
])('A3 %s is an invalid request', async (_what, fields) => {
  const { tokenEndpoint } = await serverForTest()
  const response = await post(tokenEndpoint, fields)
  expect(response.status).toBe(400)
  expect(await response.json()).toMatchObject({ error: 'invalid_request' })
})

test('A3 an unknown parameter and an empty one are ignored', async () => {
  const { tokenEndpoint } = await serverForTest()
  const response = await post(tokenEndpoint, { flavour: 'sweet', scope: '', client_secret: '' })
  expect(await response.json()).toMatchObject({ scope: 'read_user write_user' })
})

test('A3 a token request is a POST of a form: GET, JSON, other bytes and a huge body are refused', async () => {
  const { tokenEndpoint } = await serverForTest()
  const authorization = basic(orders.clientId, orders.clientSecret)
  const status = async (init: RequestInit) => (await fetch(tokenEndpoint, init)).status
  expect(await status({ headers: { authorization } })).toBe(405)
  const json = { authorization, 'content-type': 'application/json' }
  expect(await status({ method: 'POST', headers: json, body: '{"grant_type":"client_credentials"}' })).toBe(400)
  const form = { authorization, 'content-type': 'application/x-www-form-urlencoded' }
  const latin1 = Buffer.from('grant_type=client_credentials&x=\xe9', 'latin1')
  expect(await status({ method: 'POST', headers: form, body: latin1 })).toBe(400)
  expect(await status({ method: 'POST', headers: form, body: `x=${'y'.repeat(65_537)}` })).toBe(413)
})

test('A4 a client that asks for more than it is granted is told what it got', async () => {
  const { tokenEndpoint } = await serverForTest()
  expect(await (await post(tokenEndpoint, { scope: 'charge read_user' })).json()).toMatchObject({ scope: 'read_user' })
})

test('A5 twenty wrong secrets in a minute block only this client for the rest of the minute', async () => {
  const clock = manualClock()
  const { tokenEndpoint } = await serverForTest({ clock })
  const guess = () => post(tokenEndpoint, {}, { authorization: basic(orders.clientId, 'guess') })
  for (let guesses = 0; guesses < 20; guesses++) expect((await guess()).status).toBe(401)
  const refused = await post(tokenEndpoint)
  expect(refused.status).toBe(429)
  expect(refused.headers.get('retry-after')).toBe('60')
  const other = { authorization: basic(billing.clientId, billing.clientSecret) }
  expect((await post(tokenEndpoint, {}, other)).status).toBe(200)
  await clock.advance(60_000)
  expect((await post(tokenEndpoint)).status).toBe(200)
})

test.each(['RS256', 'ES256'] as const)('A9 R13 an %s token is an at+jwt with every claim of RFC 9068', async (alg) => {
  const clock = manualClock({ now: Date.UTC(2030, 0, 1) })
  const { issuer, tokenEndpoint, jwksUri } = await serverForTest({ signingAlgorithm: alg, clock })
  const { access_token: token } = (await (await post(tokenEndpoint, { scope: 'read_user' })).json()) as TokenAnswer
  const { payload, protectedHeader } = await jwtVerify(token, createRemoteJWKSet(new URL(jwksUri)), {
    issuer,
    typ: 'at+jwt',
    algorithms: [alg],
    currentDate: new Date(clock.wallTime())
  })
  expect(protectedHeader).toEqual({ alg, typ: 'at+jwt', kid: expect.any(String) })
  expect(payload).toEqual({
    iss: issuer,
    sub: 'orders',
    client_id: 'orders',
    aud: 'https://users.internal',
    iat: Date.UTC(2030, 0, 1) / 1000,
    exp: Date.UTC(2030, 0, 1, 12) / 1000,
    jti: expect.any(String),
    scope: 'read_user',
    roles: ['reader']
  })
})

test('A9 the audience is the one that was asked for, in either word, and else the usual one', async () => {
  const either = { ...orders, audience: ['https://users.internal', 'https://billing.internal'] }
  const { issuer, tokenEndpoint } = await serverForTest({ clients: [either, billing] })
  const audience = async (...request: [Record<string, string>, Record<string, string>?]) => {
    const { access_token: token } = (await (await post(tokenEndpoint, ...request)).json()) as TokenAnswer
    return payloadOf(token).aud
  }
  expect(await audience({ resource: 'https://users.internal' })).toBe('https://users.internal')
  expect(await audience({ audience: 'https://billing.internal' })).toBe('https://billing.internal')
  expect(await audience({}, { authorization: basic(billing.clientId, billing.clientSecret) })).toBe(issuer)
})

test('A9 two tokens are never the same', async () => {
  const { tokenEndpoint } = await serverForTest()
  const tokens = (await Promise.all(
    [post(tokenEndpoint), post(tokenEndpoint)].map(async (sent) => (await sent).json())
  )) as TokenAnswer[]
  expect(new Set(tokens.map(({ access_token }) => payloadOf(access_token).jti)).size).toBe(2)
})

test('C63 an opaque token contains no information', async () => {
  const { tokenEndpoint } = await serverForTest({ accessTokenFormat: 'opaque' })
  const { access_token: token } = (await (await post(tokenEndpoint)).json()) as TokenAnswer
  expect(token).toMatch(/^[\w-]{43}$/)
  expect(() => decodeProtectedHeader(token)).toThrow()
})

interface TokenAnswer {
  readonly access_token: string
}

function payloadOf(token: string): JWTPayload {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
}
