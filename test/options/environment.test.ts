import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startAuthorizationServer } from '../../src/authorization-server/index.ts'
import { ClientConfigurationError, clientOptionsFrom, createTokenClient } from '../../src/index.ts'
import { settingNames } from '../../src/options/environment-settings.ts'
import { pem } from '../client-authentication/keys.ts'
import { documented } from '../house/documented.ts'
import { type Identity, jwksOf, newIdentity } from '../support/every-method.ts'
import { listen } from '../support/road.ts'

const clientId = 'orders'

let identity: Identity
let folder: string
const file = (name: string) => join(folder, name)

beforeAll(async () => {
  identity = await newIdentity(clientId)
  const { issued } = identity
  folder = await mkdtemp(join(tmpdir(), 'environment-'))
  await writeFile(file('secret'), `${identity.secret}\n`)
  await writeFile(file('key.pem'), pem(identity.keys.ES256.privateKey))
  await writeFile(file('assertion'), 'not.a.jwt!')
  await writeFile(file('cert.pem'), issued.cert)
  await writeFile(file('cert-key.pem'), issued.key)
  await writeFile(file('ca.pem'), identity.ca.cert)
})

afterAll(() => rm(folder, { recursive: true }))

const issuer = 'https://auth.internal'

/** Values may name a file of the folder: `@secret`. */
function environmentOf(settings: Readonly<Record<string, string>>): Record<string, string> {
  const own = Object.entries(settings).map(([name, value]) => {
    const shown = value.startsWith('@') ? file(value.slice(1)) : value
    return [`SERVICE_TOKEN_${name}`, shown] as const
  })
  return { SERVICE_TOKEN_ISSUER: issuer, SERVICE_TOKEN_CLIENT_ID: clientId, ...Object.fromEntries(own) }
}

const secret = 'p%: +&~ and thirty-two bytes of it'

test.each([
  ['client_secret_basic', { CLIENT_SECRET: secret }],
  ['client_secret_basic', { CLIENT_SECRET_FILE: '@secret' }],
  ['client_secret_basic', { CLIENT_SECRET: secret, AUTHENTICATION_METHOD: 'client_secret_basic' }],
  ['client_secret_post', { CLIENT_SECRET: secret, AUTHENTICATION_METHOD: 'client_secret_post' }],
  ['client_secret_jwt', { CLIENT_SECRET: secret, AUTHENTICATION_METHOD: 'client_secret_jwt' }],
  ['private_key_jwt', { PRIVATE_KEY_FILE: '@key.pem', KEY_ID: 'ES256' }],
  ['private_key_jwt', { PRIVATE_KEY_FILE: '@key.pem', KEY_ID: 'ES256', AUTHENTICATION_METHOD: 'private_key_jwt' }]
])('a token by %s from variables alone: %j', async (method, settings) => {
  await using server = await startAuthorizationServer({
    clients: [{ clientId, clientSecret: identity.secret, jwks: jwksOf(identity), scope: ['read_user'] }],
    authenticationMethods: [method]
  })
  const environment = environmentOf({ ...settings, ISSUER: server.issuer })
  await using tokens = createTokenClient(clientOptionsFrom(environment))
  expect((await tokens.getToken()).scope).toEqual(['read_user'])
})

test.each([
  ['tls_client_auth', 'issued', {}],
  ['tls_client_auth', 'issued', { AUTHENTICATION_METHOD: 'tls_client_auth' }],
  ['self_signed_tls_client_auth', 'selfSigned', { AUTHENTICATION_METHOD: 'self_signed_tls_client_auth' }]
] as const)('a token by %s from variables alone, the authority of the server too', async (method, name, settings) => {
  const { cert, key } = identity[name]
  await writeFile(file('cert.pem'), cert)
  await writeFile(file('cert-key.pem'), key)
  await using server = await startAuthorizationServer({
    clients: [{ clientId, certificates: [cert], certificateSubject: 'CN=orders', scope: ['read_user'] }],
    tls: { ...identity.server, ca: identity.ca.cert },
    authenticationMethods: [method]
  })
  const pair = { CERTIFICATE_FILE: '@cert.pem', PRIVATE_KEY_FILE: '@cert-key.pem', CA_FILE: '@ca.pem' }
  const environment = environmentOf({ ...settings, ...pair, ISSUER: server.issuer })
  await using tokens = createTokenClient(clientOptionsFrom(environment))
  expect((await tokens.getToken()).scope).toEqual(['read_user'])
})

test.each([
  [
    'private_key_jwt',
    { CERTIFICATE_FILE: '@cert.pem', PRIVATE_KEY_FILE: '@cert-key.pem', AUTHENTICATION_METHOD: 'private_key_jwt' }
  ],
  ['private_key_jwt', { ASSERTION_FILE: '@assertion' }]
])('the method %s is chosen by %j', (method, settings) => {
  const { clientAuthentication } = clientOptionsFrom(environmentOf(settings))
  expect(clientAuthentication?.method).toBe(method)
})

test.each([
  ['raw', 'orders:a%'],
  ['form', 'orders:a%25']
])('BASIC_ENCODING %s sends the two halves as %s', async (encoding, sent) => {
  const headers: unknown[] = []
  const origin = await listen((request, response) => {
    headers.push(request.headers.authorization)
    response.writeHead(401).end()
  })
  const settings = { CLIENT_SECRET: 'a%', AUTHENTICATION_METHOD: 'client_secret_basic', BASIC_ENCODING: encoding }
  const environment = environmentOf({ ...settings, ISSUER: '', TOKEN_ENDPOINT: `${origin}/token` })
  await using tokens = createTokenClient(clientOptionsFrom(environment))
  await expect(tokens.getToken()).rejects.toMatchObject({ code: 'ERR_CLIENT_AUTHENTICATION_FAILED' })
  expect(headers[0]).toBe(`Basic ${Buffer.from(sent).toString('base64')}`)
})

test('what a token is asked for, and how long a caller waits', () => {
  const settings = { SCOPE: 'a b', AUDIENCE: 'users', RESOURCE: 'https://a https://b', TIMEOUT: '2500' }
  expect(clientOptionsFrom(environmentOf({ CLIENT_SECRET: 's', ...settings }))).toEqual({
    issuer,
    clientId,
    clientSecret: 's',
    scope: 'a b',
    audience: 'users',
    resource: ['https://a', 'https://b'],
    timeout: 2500
  })
})

test.each([
  ['http://user:password@proxy.internal:3128', new URL('http://user:password@proxy.internal:3128')],
  ['environment', 'environment']
])('PROXY %s', (value, proxy) => {
  expect(clientOptionsFrom(environmentOf({ CLIENT_SECRET: 's', PROXY: value })).proxy).toEqual(proxy)
})

test.each([
  [{ DPOP: 'true' }, true],
  [{ DPOP: '1' }, true],
  [{ DPOP: 'True' }, true],
  [{ DPOP: 'false' }, undefined],
  [{ DPOP: '0' }, undefined],
  [{ DPOP_KEY_FILE: '/run/k.pem' }, { key: { file: '/run/k.pem' } }],
  [{ DPOP: 'true', DPOP_KEY_FILE: '/run/k.pem' }, { key: { file: '/run/k.pem' } }]
])('%j binds tokens to a key, or not', (settings, dpop) => {
  expect(clientOptionsFrom(environmentOf({ CLIENT_SECRET: 's', ...settings } as Record<string, string>)).dpop).toEqual(
    dpop
  )
})

test.each([{ DPOP: 'true' }, { DPOP_KEY_FILE: '@key.pem' }])(
  'a DPoP token from variables alone: %j',
  async (settings) => {
    await using server = await startAuthorizationServer({
      clients: [{ clientId, clientSecret: identity.secret, scope: ['read_user'], dpop: 'required' }]
    })
    const environment = environmentOf({ CLIENT_SECRET: identity.secret, ...settings, ISSUER: server.issuer } as Record<
      string,
      string
    >)
    await using tokens = createTokenClient(clientOptionsFrom(environment))
    expect(await tokens.getToken()).toMatchObject({ type: 'DPoP', boundTo: expect.any(String) })
  }
)

test('an empty variable counts as not set, and what is not ours is not looked at', () => {
  const foreign = {
    SERVICE_TOKEN_AUDIENCE: '',
    SERVICE_TOKEN_ADMIN_SECRET: 'x',
    SERVICE_TOKEN_SERVICE_HOST: '10.0.0.1',
    SERVICE_TOKEN_SERVICE_PORT_HTTP: '80',
    SERVICE_TOKEN_PORT: 'tcp://10.0.0.1:80',
    SERVICE_TOKEN_PORT_80_TCP_ADDR: '10.0.0.1',
    PATH: '/bin'
  }
  expect(clientOptionsFrom({ ...environmentOf({ CLIENT_SECRET: 's' }), ...foreign })).toEqual({
    issuer,
    clientId,
    clientSecret: 's'
  })
})

const marker = 'marker-7a1c'

test.each([
  [{ ISSUER: '', CLIENT_SECRET: marker }, 'ERR_MISSING_OPTION', 'SERVICE_TOKEN_ISSUER is missing'],
  [{ CLIENT_ID: '', CLIENT_SECRET: marker }, 'ERR_MISSING_OPTION', 'SERVICE_TOKEN_CLIENT_ID is missing'],
  [{}, 'ERR_MISSING_OPTION', 'SERVICE_TOKEN_CLIENT_SECRET_FILE is missing'],
  [{ CLIENTID: marker }, 'ERR_UNKNOWN_OPTION', 'SERVICE_TOKEN_CLIENTID is not a setting'],
  [
    { CLIENT_SECRET: marker, CLIENT_SECRET_FILE: marker },
    'ERR_CONFLICTING_OPTIONS',
    'SERVICE_TOKEN_CLIENT_SECRET cannot be combined with SERVICE_TOKEN_CLIENT_SECRET_FILE'
  ],
  [
    { CLIENT_SECRET: marker, KEY_ID: marker },
    'ERR_CONFLICTING_OPTIONS',
    'SERVICE_TOKEN_KEY_ID cannot be combined with SERVICE_TOKEN_CLIENT_SECRET'
  ],
  [
    { CLIENT_SECRET: marker, BASIC_ENCODING: marker },
    'ERR_MISSING_OPTION',
    'SERVICE_TOKEN_AUTHENTICATION_METHOD is missing'
  ],
  [
    { CLIENT_SECRET: marker, AUTHENTICATION_METHOD: marker },
    'ERR_INVALID_OPTION',
    'SERVICE_TOKEN_AUTHENTICATION_METHOD does not work with a secret'
  ],
  [
    { PRIVATE_KEY_FILE: '@key.pem', AUTHENTICATION_METHOD: 'client_secret_post' },
    'ERR_INVALID_OPTION',
    'SERVICE_TOKEN_AUTHENTICATION_METHOD does not work with a private key'
  ],
  [
    { PRIVATE_KEY_FILE: '@key.pem', AUTHENTICATION_METHOD: 'tls_client_auth' },
    'ERR_MISSING_OPTION',
    'SERVICE_TOKEN_CERTIFICATE_FILE is missing'
  ],
  [
    { PRIVATE_KEY_FILE: '@key.pem', CERTIFICATE_FILE: '@cert.pem', KEY_ID: marker },
    'ERR_CONFLICTING_OPTIONS',
    'SERVICE_TOKEN_KEY_ID cannot be combined with SERVICE_TOKEN_CERTIFICATE_FILE'
  ],
  [
    { CLIENT_SECRET: marker, CERTIFICATE_FILE: marker },
    'ERR_CONFLICTING_OPTIONS',
    'SERVICE_TOKEN_CERTIFICATE_FILE cannot be combined with SERVICE_TOKEN_CLIENT_SECRET'
  ],
  [
    { CLIENT_SECRET: marker, CA_FILE: '@none' },
    'ERR_INVALID_OPTION',
    'The file of SERVICE_TOKEN_CA_FILE cannot be read'
  ],
  [{ CLIENT_SECRET: marker, CA_FILE: '@secret' }, 'ERR_INVALID_OPTION', 'connect.ca holds no certificate'],
  [{ CLIENT_SECRET: marker, PROXY: marker }, 'ERR_INVALID_OPTION', 'SERVICE_TOKEN_PROXY is not the URL'],
  [{ CLIENT_SECRET: marker, DPOP: marker }, 'ERR_INVALID_OPTION', 'SERVICE_TOKEN_DPOP is neither true nor false'],
  [{ CLIENT_SECRET: marker, DPOP_KEY_FILE: '@none' }, 'ERR_INVALID_OPTION', 'dpop.key'],
  [{ CLIENT_SECRET: marker, DPOP_KEY_FILE: '@secret' }, 'ERR_INVALID_OPTION', 'dpop.key'],
  [
    { CLIENT_SECRET: marker, DPOP: 'false', DPOP_KEY_FILE: '@key.pem' },
    'ERR_CONFLICTING_OPTIONS',
    'SERVICE_TOKEN_DPOP cannot be combined with SERVICE_TOKEN_DPOP_KEY_FILE'
  ],
  [{ CLIENT_SECRET: marker, TIMEOUT: 'soon' }, 'ERR_INVALID_OPTION', 'timeout is out of range'],
  [{ CLIENT_SECRET: marker, SCOPE: `"${marker}"` }, 'ERR_INVALID_OPTION', 'options.scope']
])('%j is refused by its name, and no value is repeated', (settings, code, message) => {
  let thrown: unknown
  try {
    createTokenClient(clientOptionsFrom(environmentOf(settings as Record<string, string>)))
  } catch (error) {
    thrown = error
  }
  expect(thrown).toBeInstanceOf(ClientConfigurationError)
  expect(thrown).toMatchObject({ code, message: expect.stringContaining(message) })
  expect((thrown as Error).message).not.toContain(marker)
})

test.each([undefined, null, 'env', []])('clientOptionsFrom(%j) says what it wants', (given) => {
  expect(() => clientOptionsFrom(given as never)).toThrow('clientOptionsFrom must be an object')
})

test('docs/command-line.md names every variable and no other', () => {
  const variables = settingNames.map((name) => `SERVICE_TOKEN_${name}`)
  expect(documented('docs/command-line.md', 'Settings').toSorted()).toEqual(variables.toSorted())
})
