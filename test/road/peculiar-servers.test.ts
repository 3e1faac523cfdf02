import { X509Certificate } from 'node:crypto'
import { expect, onTestFinished, test } from 'vitest'
import { startAuthorizationServer } from '../../src/authorization-server/index.ts'
import { clientSecretPost, createTokenClient, type TokenClientOptions, tlsClientAuth } from '../../src/index.ts'
import { type ManualClock, manualClock } from '../../src/testing/index.ts'
import { http, rawServer } from '../http/raw-server.ts'
import { metadataServer } from '../metadata/metadata-server.ts'
import { authority, certificate } from '../support/certificates.ts'
import { next } from '../support/road.ts'

// This code is loaded at the first failure, but a held clock cannot wait for the disk.
await import('p-retry')

const secret = 'marker-secret-9b1c'
const good = { access_token: 'marker-token', token_type: 'Bearer', expires_in: 3600 }

/** A client of a server that answers so. */
async function client(answer: string | ((index: number) => string), options: Partial<TokenClientOptions> = {}) {
  const server = await rawServer(
    ({ socket }, index) => void socket.write(typeof answer === 'string' ? answer : answer(index))
  )
  const clock = manualClock()
  const tokens = createTokenClient({
    tokenEndpoint: `${server.origin}/token`,
    clientId: 'sb-orders!t1|x',
    clientSecret: secret,
    clock,
    ...options
  } as TokenClientOptions)
  onTestFinished(() => tokens.close())
  return { server, tokens, clock }
}

/** What a call fails with, its retries included. */
async function failureOf(call: Promise<unknown>, clock: ManualClock): Promise<Error> {
  let failure: Error | undefined
  call.catch((error) => (failure = error))
  for (let turns = 0; turns < 40 && failure === undefined; turns++) await clock.advance(250)
  return failure ?? expect.fail('the call did not fail')
}

const token = (members: object = {}, status?: string) => http(JSON.stringify({ ...good, ...members }), [], status)

test.each<[string, object, string | undefined, Partial<TokenClientOptions>]>([
  ['Apigee', { token_type: 'BearerToken' }, undefined, { tokenTypes: ['BearerToken'] }],
  ['eBay', { token_type: 'Application Access Token' }, undefined, { tokenTypes: ['application access token'] }],
  ['a server with a list of scopes', { scope: ['read'] }, undefined, {}],
  ['a server that creates its tokens', {}, '201 Created', {}],
  ['a server that names no type', { token_type: undefined }, '201 Created', {}],
  ['a server that says in its own way that there is no error', { error: false }, undefined, {}],
  ['a server with an error number', { error: 0, error_description: '' }, undefined, {}],
  ['UPS', { expires_in: '14399', issued_at: '1706710921672', status: 'approved', scope: undefined }, undefined, {}],
  ['PayPal', { nonce: '2021-06-18T16:42:YUK', app_id: 'APP-80W284485P519543T' }, undefined, {}],
  ['Salesforce', { expires_in: undefined, signature: 'x=', instance_url: 'https://a.example' }, undefined, {}],
  ['Amazon', { access_token: 'marker-token', scope: undefined, token_type: 'bearer' }, undefined, {}]
])('W18 %s gives tokens that can be used', async (_, members, status, options) => {
  const { tokens } = await client(token(members, status), { scope: 'read', ...options } as Partial<TokenClientOptions>)
  const given = await tokens.getToken()
  expect(given.authorization).toBe('Bearer marker-token')
  expect(given.scope).toEqual(['read'])
})

test('T22 Auth0 says DPoP of tokens that are bound to a certificate: they are refused, and taken as Bearer by choice', async () => {
  const ca = await authority()
  const [server, own] = await Promise.all([certificate('127.0.0.1', ca), certificate('orders', ca)])
  const auth0 = await startAuthorizationServer({
    clients: [{ clientId: 'orders', scope: ['read'], certificateSubject: 'CN=orders' }],
    tls: { ...server, ca: ca.cert }
  })
  onTestFinished(auth0.close)
  auth0.faults.alter({ members: { token_type: 'DPoP' } })
  const options = {
    issuer: auth0.issuer,
    clientId: 'orders',
    clientAuthentication: tlsClientAuth({ ...own, ca: ca.cert })
  }
  await using strict = createTokenClient(options)
  await expect(strict.getToken()).rejects.toMatchObject({
    code: 'ERR_UNSUPPORTED_TOKEN_TYPE',
    message: expect.stringContaining("tokenTypes: ['DPoP']")
  })
  await using tokens = createTokenClient({ ...options, tokenTypes: ['DPoP'] })
  const { type, authorization, boundTo } = await tokens.getToken()
  expect({ type, authorization, boundTo }).toEqual({
    type: 'Bearer',
    authorization: expect.stringMatching(/^Bearer ey/),
    boundTo: Buffer.from(new X509Certificate(own.cert).fingerprint256.replaceAll(':', ''), 'hex').toString('base64url')
  })
})

test('W19 encoded Basic credentials travel beside the header that XSUAA wants for them', async () => {
  const { server, tokens } = await client(token(), { headers: { 'X-CF-ENCODED-CREDENTIALS': 'true' } })
  await tokens.getToken()
  const head = (await server.next()).text.toLowerCase()
  expect(head).toContain('\r\nx-cf-encoded-credentials: true\r\n')
  const encoded = Buffer.from(`sb-orders%21t1%7Cx:${secret}`).toString('base64')
  expect(head).toContain(`\r\nauthorization: basic ${encoded.toLowerCase()}\r\n`)
})

test('W19 a function gives fields for each request, and its failure costs no call that the last ones can serve', async () => {
  let calls = 0
  const headers = () => {
    calls += 1
    if (calls > 1) throw new Error(`no key, only ${secret}`)
    return { 'x-key': 'subscription-key-1', 'User-Agent': 'orders' }
  }
  const { server, tokens } = await client(token(), { headers })
  await tokens.getToken()
  const warned = next(tokens, 'warning')
  await tokens.getToken({ scope: 'other' })
  expect(await warned).toMatchObject({ code: 'secret_unavailable', message: expect.not.stringContaining(secret) })
  for (const { text } of server.requests) {
    expect(text).toContain('\r\nx-key: subscription-key-1\r\n')
    expect(text.match(/user-agent: .*/g)).toEqual(['user-agent: orders'])
  }
})

test.each<[string, () => unknown, string]>([
  ['nothing', () => undefined, 'returned undefined'],
  ['text', () => `x: ${secret}`, 'is a string, not an object'],
  ['a field of the request', async () => ({ Authorization: secret }), 'has a field "authorization"'],
  ['a value that splits the header', () => ({ 'x-key': `${secret}\r\nx: y` }), 'has a field "x-key"']
])('W19 a function that gives %s is told what is wrong, and nothing is sent', async (_, headers, told) => {
  const { server, tokens, clock } = await client(token(), { headers } as Partial<TokenClientOptions>)
  const failure = await failureOf(tokens.getToken(), clock)
  expect(failure).toMatchObject({ code: 'ERR_SECRET_UNAVAILABLE', message: expect.stringContaining(told) })
  expect(failure.message).not.toContain(secret)
  expect(server.requests).toHaveLength(0)
})

test('W25 a key in a header that the server repeats is in no error', async () => {
  const refusal = http(JSON.stringify({ error: 'unknown key subscription-key-1' }), [], '400 Bad Request')
  const { tokens, clock } = await client(refusal, { headers: { 'x-key': 'subscription-key-1' } })
  expect(await failureOf(tokens.getToken(), clock)).toMatchObject({ oauthError: '[redacted]' })
})

test('W19 a 400 that says "try again" is tried again, and is no matter of other keys', async () => {
  const { tokens, clock } = await client((index) => (index === 0 ? http('try again', [], '400 Bad Request') : token()))
  const waiting = tokens.getToken()
  const other = tokens.getToken({ scope: 'other' })
  await expect(other).resolves.toBeDefined()
  await clock.advance(1000)
  expect((await waiting).value).toBe('marker-token')
})

test('W16 metadata at an address of their own are found there, and nowhere else is asked', async () => {
  const { origin, answers, asked } = await metadataServer()
  const place = `${origin}/o/.well-known/openid-configuration/?tenant=1`
  answers['/o/.well-known/openid-configuration/?tenant=1'] = {
    document: { issuer: `${origin}/o`, token_endpoint: `${origin}/token` }
  }
  answers['/token'] = { document: good }
  const tokens = createTokenClient({ issuer: `${origin}/o`, metadata: place, clientId: 'orders', clientSecret: secret })
  onTestFinished(() => tokens.close())
  expect((await tokens.getToken()).value).toBe('marker-token')
  expect(asked).toEqual(['/o/.well-known/openid-configuration/?tenant=1', '/token'])
})

test('W16 metadata of another issuer are not used, wherever they are', async () => {
  const { origin, answers } = await metadataServer()
  answers['/m'] = { document: { issuer: `${origin}/other`, token_endpoint: `${origin}/token` } }
  const metadata = `${origin}/m`
  const tokens = createTokenClient({ issuer: origin, metadata, clientId: 'orders', clientSecret: secret })
  onTestFinished(() => tokens.close())
  await expect(tokens.getToken()).rejects.toMatchObject({ code: 'ERR_DISCOVERY_FAILED', transient: false })
})

test('W16 metadata that are given let the client start while the server has none to give', async () => {
  const { origin, answers, asked } = await metadataServer()
  answers['/token'] = { document: good }
  const metadata = {
    issuer: origin,
    token_endpoint: `${origin}/token`,
    token_endpoint_auth_methods_supported: ['client_secret_post']
  }
  const tokens = createTokenClient({ issuer: origin, metadata, clientId: 'orders', clientSecret: secret })
  onTestFinished(() => tokens.close())
  metadata.token_endpoint = 'https://evil.example/'
  expect((await tokens.getToken()).value).toBe('marker-token')
  expect(asked).toEqual(['/token'])
})

test.each<[string, Record<string, unknown>, RegExp]>([
  [
    'Adobe',
    { scope: 'openid,AdobeID', clientSecret: undefined, clientAuthentication: clientSecretPost('s') },
    /scope=openid%2CAdobeID&.*client_secret=s$/
  ],
  [
    'Reddit',
    { headers: { 'user-agent': 'node:orders:1.0 (by /u/o)' } },
    /user-agent: node:orders:1\.0 \(by \/u\/o\)\r/
  ],
  ['UPS', { headers: { 'x-merchant-id': '123' } }, /x-merchant-id: 123\r/],
  ['Walmart', { headers: () => ({ 'WM_QOS.CORRELATION_ID': 'a1' }) }, /wm_qos\.correlation_id: a1\r/]
])('W18 W19 the settings that the page names for %s give the request that it wants', async (_, options, sent) => {
  const { tokens, server } = await client(token(), options as Partial<TokenClientOptions>)
  await tokens.getToken()
  expect(server.requests[0]?.text).toMatch(sent)
})

test('W13 W19 a wrong secret that is called server_error with 401 is sent once', async () => {
  const { tokens, server } = await client(
    http('{"error":"server_error"}', ['content-type: application/json'], '401 No')
  )
  await expect(tokens.getToken()).rejects.toMatchObject({ code: 'ERR_CLIENT_AUTHENTICATION_FAILED', transient: false })
  expect(server.requests).toHaveLength(1)
})
