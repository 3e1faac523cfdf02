import { once } from 'node:events'
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { afterEach, expect, test, vi } from 'vitest'
import { type AuthorizationServerOptions, startAuthorizationServer } from '../../src/authorization-server/index.ts'
import { billing, orders, post, serverForTest } from './server.ts'

afterEach(() => vi.unstubAllEnvs())

test('A5 nothing outside this machine reaches the server', async () => {
  const { issuer } = await serverForTest()
  const { hostname, port } = new URL(issuer)
  expect(hostname).toBe('127.0.0.1')
  const outward = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  for (const { address } of outward.filter(({ internal, family }) => !internal && family === 'IPv4')) {
    const [error] = await once(connect(Number(port), address), 'connect').catch((refused) => [refused])
    expect(error).toMatchObject({ code: 'ECONNREFUSED' })
  }
})

test.each(['production', 'Production', ' PRODUCTION '])('A5 in %j it does not start', async (environment) => {
  vi.stubEnv('NODE_ENV', environment)
  await expect(startAuthorizationServer({ clients: [orders] })).rejects.toThrow(/development and tests/)
})

test.each<[string, object, RegExp]>([
  ['another host', { host: '0.0.0.0' }, /needs an adminSecret/],
  ['an unknown option', { lifetime: 1 }, /options\.lifetime is not an option\. Remove it\. The known names are: port,/],
  ['a host that is none', { host: 'a b' }, /host must be an address or a host name/],
  ['a short admin secret', { host: '0.0.0.0', adminSecret: 'short' }, /at least 16 characters/],
  [
    'a shared secret that is missing',
    { signingAlgorithm: 'HS256' },
    /HS256 needs a signingSecret of at least 32 bytes/
  ],
  ['a shared secret that is short', { signingAlgorithm: 'HS512', signingSecret: 'x'.repeat(63) }, /64 bytes/],
  ['a shared secret for a key', { signingSecret: 'x'.repeat(32) }, /Leave signingSecret out/],
  [
    'a file for a shared secret',
    { signingAlgorithm: 'HS256', signingSecret: 'x'.repeat(32), keysFile: 'k' },
    /keysFile out/
  ],
  ['cors that is no list', { cors: '*' }, /cors must be an array/],
  ['cors with a path', { cors: ['http://localhost/x'] }, /cors must be an array of origins/],
  ['a file of keys without a name', { keysFile: '' }, /keysFile must be/],
  ['a port out of range', { port: 70_000 }, /port/],
  ['an issuer with a query', { issuer: 'https://auth.internal?x' }, /issuer/],
  ['no clients', { clients: undefined }, /clients/],
  ['a life in seconds', { accessTokenLifetime: 300 }, /milliseconds/],
  ['an unknown format', { accessTokenFormat: 'saml' }, /accessTokenFormat/],
  ['an unknown algorithm', { signingAlgorithm: 'none' }, /signingAlgorithm/],
  ['a client without an id', { clients: [{ ...orders, clientId: '' }] }, /clientId/],
  ['a client without a secret', { clients: [{ ...orders, clientSecret: '' }] }, /"orders" needs a clientSecret/],
  ['a scope that is a string', { clients: [{ ...orders, scope: 'read_user' }] }, /scope of client "orders"/],
  ['a scope token with a space', { clients: [{ ...orders, scope: ['read user'] }] }, /scope of client "orders"/],
  ['roles that are a string', { clients: [{ ...orders, roles: 'admin' }] }, /roles of client "orders"/],
  ['a misspelt field', { clients: [{ ...orders, scopes: [] }] }, /unknown field scopes/],
  [
    'a life of tokens in seconds',
    { clients: [{ ...orders, accessTokenLifetime: 300 }] },
    /of client "orders" is in milli/
  ],
  ['no secret in the list', { clients: [{ ...orders, clientSecret: [] }] }, /"orders" needs a clientSecret/],
  ['enabled that is a word', { clients: [{ ...orders, enabled: 'no' }] }, /enabled of client "orders"/],
  ['the same client twice', { clients: [orders, orders] }, /registered twice/]
])(
  'A5 %s is refused before a port is opened, and the secret is not in the message',
  async (_what, options, message) => {
    const starting = startAuthorizationServer({ clients: [orders], ...options } as AuthorizationServerOptions)
    await expect(starting).rejects.toThrow(message)
    await expect(starting).rejects.not.toThrow(orders.clientSecret)
    await expect(starting).rejects.toMatchObject({ name: 'ClientConfigurationError' })
  }
)

test('without any options it says what it needs', async () => {
  const starting = startAuthorizationServer(undefined as never)
  await expect(starting).rejects.toMatchObject({ name: 'ClientConfigurationError' })
  await expect(starting).rejects.toThrow(/clients/)
})

test.each([
  ['', '/.well-known/oauth-authorization-server', '/.well-known/openid-configuration'],
  ['/tenant', '/.well-known/oauth-authorization-server/tenant', '/tenant/.well-known/openid-configuration']
])(
  'A10 the metadata of an issuer with the path "%s" lies at both places and names it exactly',
  async (path, ...places) => {
    const issuer = path === '' ? undefined : `https://auth.internal${path}`
    const server = await serverForTest(issuer === undefined ? {} : { issuer })
    expect(server.issuer).toBe(issuer ?? new URL(server.tokenEndpoint).origin)
    for (const place of places) {
      const response = await fetch(new URL(place, server.tokenEndpoint))
      expect(response.headers.get('content-type')).toBe('application/json')
      expect(await response.json()).toEqual({
        issuer: server.issuer,
        dpop_signing_alg_values_supported: expect.arrayContaining(['ES256', 'EdDSA', 'PS256']),
        token_endpoint: server.tokenEndpoint,
        jwks_uri: server.jwksUri,
        introspection_endpoint: server.introspectionEndpoint,
        revocation_endpoint: server.revocationEndpoint,
        scopes_supported: ['charge', 'read_user', 'write_user'],
        response_types_supported: [],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['ES256'],
        grant_types_supported: ['client_credentials'],
        token_endpoint_auth_methods_supported: methods,
        token_endpoint_auth_signing_alg_values_supported: expect.arrayContaining(['HS256', 'RS256', 'ES256']),
        introspection_endpoint_auth_methods_supported: methods,
        introspection_endpoint_auth_signing_alg_values_supported: expect.arrayContaining(['ES256']),
        revocation_endpoint_auth_methods_supported: methods,
        revocation_endpoint_auth_signing_alg_values_supported: expect.arrayContaining(['ES256'])
      })
    }
  }
)

const methods = ['client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'private_key_jwt']

test('A10 published keys say which they are and what for, and hold nothing private', async () => {
  const { jwksUri } = await serverForTest({ signingAlgorithm: 'RS256' })
  const { keys } = (await (await fetch(jwksUri)).json()) as { keys: object[] }
  expect(keys).toEqual([
    { kty: 'RSA', n: expect.any(String), e: 'AQAB', kid: expect.any(String), alg: 'RS256', use: 'sig' }
  ])
})

test('A10 an unknown path is answered with 404', async () => {
  const { issuer } = await serverForTest()
  expect((await fetch(`${issuer}/authorize`)).status).toBe(404)
})

test('A11 the log counts what came in, and says who asked for what', async () => {
  const { tokenEndpoint, jwksUri, requests } = await serverForTest()
  await post(tokenEndpoint, { scope: 'read_user' })
  await post(tokenEndpoint, {}, {})
  await fetch(jwksUri)
  expect([requests.count('token'), requests.count('jwks'), requests.count('metadata')]).toEqual([2, 1, 0])
  expect(requests.latest).toMatchObject([
    { endpoint: 'token', clientId: 'orders', scope: 'read_user' },
    { endpoint: 'token', clientId: undefined, scope: undefined },
    { endpoint: 'jwks' }
  ])
  requests.clear()
  expect(requests.count('token')).toBe(0)
  expect(requests.latest).toEqual([])
})

test('A11 the log counts on and on, and holds the last thousand requests', async () => {
  const { tokenEndpoint, requests } = await serverForTest({ clients: [billing] })
  for (let sent = 0; sent < 1001; sent++) await fetch(tokenEndpoint)
  expect(requests.count('token')).toBe(1001)
  expect(requests.latest).toHaveLength(1000)
})

test('A11 close() frees the port at once, even if a connection is kept alive, and can be called again', async () => {
  const server = await startAuthorizationServer({ clients: [orders] })
  await post(server.tokenEndpoint)
  await server.close()
  await server[Symbol.asyncDispose]()
  await expect(post(server.tokenEndpoint)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } })
})
