import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeJwt, SignJWT } from 'jose'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import {
  type AuthorizationServer,
  type AuthorizationServerOptions,
  startAuthorizationServer
} from '../../src/authorization-server/index.ts'
import {
  assertion,
  assertionFile,
  type ClientAuthentication,
  createTokenClient,
  privateKeyJwt,
  tlsClientAuth
} from '../../src/index.ts'
import { type Identity, jwksOf, newIdentity, waysInConnection, waysInMessage } from '../support/every-method.ts'
import { listen } from '../support/road.ts'
import { post } from './server.ts'

let identity: Identity
let stranger: Identity

beforeAll(async () => {
  identity = await newIdentity('orders')
  stranger = await newIdentity('somebody else')
})

const cluster = { issuer: 'https://cluster.internal', subject: 'system:serviceaccount:shop:orders' }

async function startServer(options: Partial<AuthorizationServerOptions> = {}): Promise<AuthorizationServer> {
  const { secret, ca, server: own, selfSigned } = identity
  const server = await startAuthorizationServer({
    clients: [
      {
        clientId: 'orders',
        scope: ['read_user'],
        clientSecret: secret,
        jwks: jwksOf(identity),
        certificates: [selfSigned.cert],
        certificateSubject: 'CN=orders',
        federation: { ...cluster, jwks: jwksOf(stranger) }
      }
    ],
    tls: { cert: own.cert, key: own.key, ca: ca.cert },
    ...options
  })
  onTestFinished(server.close)
  return server
}

function tokenOf({ issuer }: { issuer: string }, clientAuthentication: ClientAuthentication) {
  const tokens = createTokenClient({ issuer, clientId: 'orders', clientAuthentication })
  onTestFinished(tokens.close)
  return tokens.getToken()
}

const ways = [...waysInMessage, ...waysInConnection]

test.each(ways)('C42 C48 C57 a client gets a token by $name', async ({ authentication }) => {
  const { scope } = await tokenOf(await startServer(), authentication(identity))
  expect(scope).toEqual(['read_user'])
})

test.each(ways)('C3 C6 no part of a credential is in the URL by $name', async ({ authentication }) => {
  const urls: (string | undefined)[] = []
  const origin = await listen(({ method, url }, response) => {
    urls.push(`${method} ${url}`)
    response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"invalid_scope"}')
  })
  const tokenEndpoint = `${origin}/token`
  const clientAuthentication = authentication(identity)
  const tokens = createTokenClient({ issuer: origin, tokenEndpoint, clientId: 'orders', clientAuthentication })
  onTestFinished(tokens.close)
  await expect(tokens.getToken()).rejects.toThrow()
  expect(urls).toEqual(['POST /token'])
})

test.each(ways)('C9 T46 a credential of somebody else gets nothing by $name', async ({ wrong }) => {
  const refusal = tokenOf(await startServer(), wrong(identity, stranger))
  await expect(refusal).rejects.toMatchObject({ code: 'ERR_INVALID_CLIENT', oauthError: 'invalid_client' })
})

test.each(ways)('C4 a server that lists only $method accepts no other method', async ({ method, authentication }) => {
  const server = await startServer({ authenticationMethods: [method] })
  await tokenOf(server, authentication(identity))
  const [other] = waysInMessage.filter((way) => way.method !== method)
  const refusal = tokenOf(server, other?.authentication(identity) as ClientAuthentication)
  await expect(refusal).rejects.toThrow(`Its metadata lists ${method}, and ${other?.method} was used`)
})

test('C58 C59 a token by mutual TLS comes from the alias, and is bound to the certificate', async () => {
  const server = await startServer()
  const { issued, ca } = identity
  const clientAuthentication = tlsClientAuth({ ...issued, ca: ca.cert })
  const { value } = await tokenOf(server, clientAuthentication)
  expect(server.mutualTlsTokenEndpoint).toMatch(/^https:/)
  expect(decodeJwt(value).cnf).toEqual({ 'x5t#S256': expect.stringMatching(/^[\w-]{43}$/) })
})

test('A6 C94 a server of the older form takes the token endpoint as audience, and one of today does not', async () => {
  const older = await startServer({ assertionAudience: 'tokenEndpoint' })
  const key = identity.keys.ES256.privateKey
  await tokenOf(older, privateKeyJwt({ key, audience: older.tokenEndpoint }))
  await expect(tokenOf(older, privateKeyJwt({ key }))).rejects.toMatchObject({ code: 'ERR_INVALID_CLIENT' })
  const server = await startServer()
  const refusal = tokenOf(server, privateKeyJwt({ key, audience: server.tokenEndpoint }))
  await expect(refusal).rejects.toMatchObject({ code: 'ERR_INVALID_CLIENT' })
})

function signed(
  { issuer }: AuthorizationServer,
  claims: Record<string, unknown> = {},
  header: Record<string, unknown> = {}
) {
  const now = Math.floor(Date.now() / 1000)
  const own = { iss: 'orders', sub: 'orders', aud: issuer, iat: now, exp: now + 60, jti: crypto.randomUUID() }
  return new SignJWT({ ...own, ...claims })
    .setProtectedHeader({ alg: 'ES256', typ: 'client-authentication+jwt', ...header })
    .sign(identity.keys.ES256.privateKey)
}

function present(
  { tokenEndpoint }: AuthorizationServer,
  client_assertion: string,
  fields: Record<string, string> = {}
) {
  const client_assertion_type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
  return post(tokenEndpoint, { client_assertion_type, client_assertion, ...fields }, {})
}

test('A6 C46 an assertion can be used once', async () => {
  const server = await startServer()
  const assertion = await signed(server)
  expect((await present(server, assertion)).status).toBe(200)
  const again = await present(server, assertion)
  expect([again.status, await again.json()]).toEqual([400, expect.objectContaining({ error: 'invalid_client' })])
})

const past = Math.floor(Date.now() / 1000) - 600

test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
  ['its nonce has expired', { iat: past, exp: past + 60 }, {}],
  ['from the future', { iat: past + 1200, exp: past + 1260 }, {}],
  ['that lives for an hour', { exp: past + 4200 }, {}],
  ['without an expiry', { exp: undefined }, {}],
  ['without a jti', { jti: undefined }, {}],
  ['of another issuer', { iss: 'billing' }, {}],
  ['about another subject', { sub: 'billing' }, {}],
  ['for another server', { aud: 'https://other.internal' }, {}],
  ['with a list as audience', { aud: ['https://other.internal'] }, {}],
  ['of another type', {}, { typ: 'JWT' }],
  ['with a key that is not there', {}, { kid: 'nowhere' }]
])('A6 C43 C44 C45 an assertion %s proves nothing', async (_, claims, header) => {
  const server = await startServer()
  const response = await present(server, await signed(server, claims, header), { client_id: 'orders' })
  expect([response.status, await response.json()]).toEqual([400, expect.objectContaining({ error: 'invalid_client' })])
})

test('A3 C1 a request with two authentication methods is refused', async () => {
  const server = await startServer()
  const response = await present(server, await signed(server), { client_id: 'orders', client_secret: identity.secret })
  expect(await response.json()).toMatchObject({ error: 'invalid_request' })
})

test('C47 a client_id beside an assertion must be its subject', async () => {
  const server = await startServer()
  const response = await present(server, await signed(server), { client_id: 'billing' })
  expect(await response.json()).toMatchObject({ error: 'invalid_client' })
})

test('C42 an assertion that is not a JWT, or has another type, is refused and does not crash the server', async () => {
  const server = await startServer()
  for (const fields of [{ client_assertion: 'x' }, { client_assertion_type: 'urn:x' }]) {
    const response = await present(server, await signed(server), fields)
    expect(await response.json()).toMatchObject({ error: 'invalid_client' })
  }
})

async function vouched({ issuer }: { issuer: string }, claims: Record<string, unknown> = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  return new SignJWT({ iss: cluster.issuer, sub: cluster.subject, aud: [issuer], iat: now, exp: now + 3600, ...claims })
    .setProtectedHeader({ alg: 'RS256', kid: 'rsa' })
    .sign(stranger.keys.RS256.privateKey)
}

test('C42 an assertion that a cluster keeps in a file gets tokens, as often as it is read', async () => {
  const server = await startServer()
  const folder = mkdtempSync(join(tmpdir(), 'assertion-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'token')
  writeFileSync(file, `${await vouched(server)}\n`)
  await tokenOf(server, assertionFile(file))
  await tokenOf(server, assertionFile(file))
})

test('C42 an assertion that a function returns gets a token', async () => {
  const server = await startServer()
  await tokenOf(
    server,
    assertion(() => vouched(server))
  )
})

test.each([
  ['issuer', { iss: 'https://other.internal' }],
  ['subject', { sub: 'system:serviceaccount:shop:billing' }],
  ['audience', { aud: 'https://other.internal' }],
  ['time', { exp: past }]
])('C43 an assertion of a cluster with another %s proves nothing', async (_, claims) => {
  const server = await startServer()
  const refusal = tokenOf(
    server,
    assertion(() => vouched(server, claims))
  )
  await expect(refusal).rejects.toMatchObject({ code: 'ERR_INVALID_CLIENT' })
})

test('A10 the metadata lists every method, and the signatures that assertions may have', async () => {
  const { issuer } = await startServer()
  const response = await fetch(`${issuer}/.well-known/oauth-authorization-server`)
  expect(await response.json()).toMatchObject({
    token_endpoint_auth_methods_supported: [...new Set(ways.map(({ method }) => method))],
    token_endpoint_auth_signing_alg_values_supported: expect.arrayContaining(['HS256', 'RS256', 'ES256', 'EdDSA'])
  })
})

test('X7 a client changes its key while the server runs', async () => {
  const server = await startServer()
  server.clients.change('orders', { jwks: jwksOf(stranger) })
  const { privateKey } = stranger.keys.ES256
  await tokenOf(server, privateKeyJwt({ key: privateKey, kid: 'ES256' }))
})

test.each([
  ['nothing to prove it with', {}, 'needs a clientSecret or another credential'],
  ['an empty secret', { clientSecret: '' }, 'not empty'],
  ['an empty secret among others', { clientSecret: ['a', ''] }, 'not empty'],
  ['a private key', { jwks: { keys: [{ kty: 'EC', d: 'x' }] } }, 'private key'],
  ['a shared key', { jwks: { keys: [{ kty: 'oct', k: 'x' }] } }, 'private key']
])('A5 a client with %s is refused at the start', async (_, credentials, reason) => {
  const start = startAuthorizationServer({ clients: [{ clientId: 'orders', scope: [], ...credentials }] })
  await expect(start).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION', message: expect.stringContaining(reason) })
})

test.each([
  ['authenticationMethods', ['none']],
  ['authenticationMethods', ['tls_client_auth']],
  ['assertionAudience', 'anything'],
  ['tls', { cert: 'x' }]
])('A5 the option %s cannot be %j', async (option, value) => {
  const start = startAuthorizationServer({ clients: [], [option]: value })
  await expect(start).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION', message: expect.stringContaining(option) })
})
