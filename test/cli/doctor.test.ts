import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JWK } from 'jose'
import { OAuth2Server } from 'oauth2-mock-server'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type AuthorizationServer, startAuthorizationServer } from '../../src/authorization-server/index.ts'
import { catalogue, type FindingName } from '../../src/cli/doctor/finding.ts'
import { resources, startOidcProvider } from '../conformance/oidc-provider-server.ts'
import { read } from '../house/documented.ts'
import { selfSigned } from '../http/certificate.ts'
import { authority, certificate } from '../support/certificates.ts'
import { listen } from '../support/road.ts'
import { type Ended, serviceToken } from './service-token.ts'

const run = serviceToken()
const secret = 'marker-secret-%+ é'

let folder: string
const file = (name: string) => join(folder, name)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doctor-'))
})
afterAll(() => rm(folder, { recursive: true }))

type Settings = Readonly<Record<string, string>>

function examine(issuer: string, settings: Settings = {}, args: readonly string[] = []): Promise<Ended> {
  const all = { ISSUER: issuer, CLIENT_ID: 'orders', CLIENT_SECRET: secret, TIMEOUT: '5000', ...settings }
  const environment = Object.fromEntries(Object.entries(all).map(([name, value]) => [`SERVICE_TOKEN_${name}`, value]))
  return run(['doctor', '--json', ...args], { environment })
}

/** The names of the findings; the marker is in no output, and each finding says all it has to. */
async function found(issuer: string, settings?: Settings, args?: readonly string[]): Promise<string[]> {
  const { exitCode, stdout, stderr } = await examine(issuer, settings, args)
  expect(stdout + stderr).not.toContain('marker-')
  const { findings } = JSON.parse(stdout)
  expect(exitCode).toBe(findings.length === 0 ? 0 : 1)
  for (const { name, what, why, remedy } of findings) {
    expect({ why, remedy }).toEqual(catalogue[name as FindingName])
    expect(what).toMatch(/^[^\n]{10,}$/)
  }
  return findings.map(({ name }: { name: string }) => name)
}

async function developmentServer(): Promise<AuthorizationServer> {
  const orders = { clientId: 'orders', clientSecret: secret, scope: ['read_user', 'write_user'], audience: ['users'] }
  const server = await startAuthorizationServer({ clients: [orders] })
  onTestFinished(server.close)
  return server
}

describe('a fault of the development server is one finding', () => {
  type Row = readonly [
    name: FindingName,
    fault: string,
    set: (server: AuthorizationServer) => void,
    settings?: Settings
  ]

  const rows: readonly Row[] = [
    ['credential-refused', 'a wrong secret', () => {}, { CLIENT_SECRET: 'marker-wrong' }],
    ['credential-refused', 'a wrong secret with special characters', () => {}, { CLIENT_SECRET: 'marker-wrong %' }],
    [
      'secret-needs-encoding',
      'a secret that is sent raw',
      () => {},
      { AUTHENTICATION_METHOD: 'client_secret_basic', BASIC_ENCODING: 'raw' }
    ],
    ['scope-refused', 'a scope that it does not know', () => {}, { SCOPE: 'delete_user' }],
    [
      'scope-narrowed',
      'less scope than was asked for',
      ({ faults }) => faults.alter({ members: { scope: 'read_user' } }),
      { SCOPE: 'read_user write_user' }
    ],
    [
      'scope-widened',
      'more scope than was asked for',
      ({ faults }) => faults.alter({ members: { scope: 'read_user admin' } }),
      { SCOPE: 'read_user' }
    ],
    ['scope-malformed', 'a scope that is an object', ({ faults }) => faults.alter({ members: { scope: {} } })],
    ['audience-refused', 'an audience that it does not know', () => {}, { AUDIENCE: 'billing' }],
    ['clock-off', 'a clock six minutes ahead', ({ faults }) => faults.clockOffset(360_000)],
    ['clock-off', 'a clock six minutes behind', ({ faults }) => faults.clockOffset(-360_000)],
    [
      'html-answer',
      'a web page',
      ({ faults }) => faults.answer({ headers: { 'content-type': 'text/html' }, body: '<p>' })
    ],
    [
      'not-json',
      'a text',
      ({ faults }) => faults.answer({ headers: { 'content-type': 'application/xml' }, body: 'no' })
    ],
    ['redirected', 'a redirect to a login page', ({ faults }) => faults.redirect('https://login.test/?next=1', 302)],
    ['no-content', '204', ({ faults }) => faults.answer({ status: 204 })],
    ['status-unexpected', '403', ({ faults }) => faults.answer({ status: 403 })],
    [
      'compressed',
      'gzip',
      ({ faults }) =>
        faults.answer({ headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' }, body: 'x' })
    ],
    ['rate-limited', '429 with Retry-After', ({ faults }) => faults.rateLimit({ retryAfter: 30_000 })],
    ['rate-limited-without-time', '429 without Retry-After', ({ faults }) => faults.rateLimit()],
    [
      'unavailable',
      '503 with Retry-After',
      ({ faults }) => faults.answer({ status: 503, headers: { 'retry-after': '30' } })
    ],
    ['unavailable-without-time', '503 without Retry-After', ({ faults }) => faults.answer({ status: 503 })],
    ['server-error', '500', ({ faults }) => faults.answer({ status: 500 })],
    ['endpoint-not-found', '404', ({ faults }) => faults.answer({ status: 404 })],
    ['token-type-missing', 'no type', ({ faults }) => faults.alter({ members: { token_type: undefined } })],
    ['token-type', 'another type', ({ faults }) => faults.alter({ members: { token_type: 'mac' } })],
    ['life-missing', 'no life', ({ faults }) => faults.alter({ members: { expires_in: undefined } })],
    ['life-malformed', 'a life in words', ({ faults }) => faults.alter({ members: { expires_in: 'long' } })],
    ['life-short', 'a life of three seconds', ({ faults }) => faults.lifetime(3000)],
    [
      'life-contradicts',
      'a life longer than its token says',
      ({ faults }) => faults.alter({ members: { expires_in: 86_000 } })
    ],
    ['token-missing', 'no token', ({ faults }) => faults.alter({ members: { access_token: undefined } })],
    ['token-malformed', 'a token with a space', ({ faults }) => faults.alter({ members: { access_token: 'a b' } })],
    [
      'token-too-large',
      'a token of 20 KB',
      ({ faults }) => faults.alter({ members: { access_token: 'a'.repeat(20_000) } })
    ],
    ['token-large', 'a token of 8 KB', ({ faults }) => faults.alter({ members: { access_token: 'a'.repeat(8_000) } })],
    ['answer-too-large', 'an answer of 70 KB', ({ faults }) => faults.alter({ members: { more: 'a'.repeat(70_000) } })],
    [
      'answer-broken',
      'half an answer',
      ({ faults }) => faults.answer({ headers: { 'content-type': 'application/json' }, body: '{' })
    ],
    ['slow', 'no answer', ({ faults }) => faults.hang(), { TIMEOUT: '1000' }],
    ['connection-broken', 'a reset', ({ faults }) => faults.reset()],
    ['connection-broken', 'an answer that is cut', ({ faults }) => faults.resetAtByte(10)],
    ['connection-broken', 'a server that is down', ({ faults }) => faults.down()],
    [
      'grant-not-allowed',
      'unauthorized_client',
      ({ faults }) => faults.answer({ status: 400, body: { error: 'unauthorized_client' } })
    ],
    [
      'grant-not-offered',
      'unsupported_grant_type',
      ({ faults }) => faults.answer({ status: 400, body: { error: 'unsupported_grant_type' } })
    ],
    [
      'request-refused',
      'invalid_request',
      ({ faults }) => faults.answer({ status: 400, body: { error: 'invalid_request' } })
    ],
    ['error-unknown', 'a word of its own', ({ faults }) => faults.answer({ status: 400, body: { error: 'too_bad' } })],
    [
      'issuer-slash',
      'metadata whose issuer ends with a slash',
      ({ faults, issuer }) => faults.alter({ members: { issuer: `${issuer}/` } }, { at: 'metadata' })
    ],
    [
      'issuer-mismatch',
      'metadata of another issuer',
      ({ faults }) => faults.alter({ members: { issuer: 'https://other.test' } }, { at: 'metadata' })
    ],
    [
      'metadata-insecure',
      'metadata that lead to plain HTTP',
      ({ faults }) => faults.alter({ members: { token_endpoint: 'http://auth.test/token' } }, { at: 'metadata' })
    ],
    ['metadata-missing', 'no metadata', ({ faults }) => faults.answer({ status: 404 }, { at: 'metadata' })],
    [
      'metadata-unusable',
      'a web page in place of metadata',
      ({ faults }) => faults.answer({ headers: { 'content-type': 'text/html' }, body: '<p>' }, { at: 'metadata' })
    ],
    [
      'metadata-unusable',
      'a redirect of metadata',
      ({ faults }) => faults.redirect('https://login.test', 302, { at: 'metadata' })
    ],
    [
      'unavailable-without-time',
      'metadata that answer 503',
      ({ faults }) => faults.answer({ status: 503 }, { at: 'metadata' })
    ],
    [
      'key-unknown',
      'a key that is not published',
      ({ faults }) => faults.alter({ members: { keys: [] } }, { at: 'jwks' })
    ],
    ['keys-unavailable', 'keys that answer 500', ({ faults }) => faults.answer({ status: 500 }, { at: 'jwks' })]
  ]

  const cases = rows.map(([name, fault, set, settings = {}]) => ({ name, fault, set, settings }))

  test.each(cases)('$name: $fault', async ({ name, set, settings }) => {
    const server = await developmentServer()
    set(server)
    expect(await found(server.issuer, settings)).toEqual([name])
  })

  test('at least 25 are told apart', () => {
    expect(new Set(rows.map(([name]) => name)).size).toBeGreaterThanOrEqual(25)
  })

  test('method-not-offered: another method than those it lists', async () => {
    const server = await startAuthorizationServer({
      clients: [{ clientId: 'orders', clientSecret: secret, scope: ['read_user'] }],
      authenticationMethods: ['client_secret_post']
    })
    onTestFinished(server.close)
    expect(await found(server.issuer, { AUTHENTICATION_METHOD: 'client_secret_basic' })).toEqual(['method-not-offered'])
  })
})

describe('a server of another kind is one finding', () => {
  /** A token endpoint that takes a request whose header and form fit. */
  function endpoint(
    accepts: (authorization: string, form: URLSearchParams) => boolean,
    token = 'opaque'
  ): Promise<string> {
    return listen(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk)
      const form = new URLSearchParams(Buffer.concat(chunks).toString())
      const good = accepts(request.headers.authorization ?? '', form)
      response.writeHead(good ? 200 : 401, { 'content-type': 'application/json' })
      response.end(
        JSON.stringify(
          good ? { access_token: token, token_type: 'Bearer', expires_in: 3600 } : { error: 'invalid_client' }
        )
      )
    })
  }

  async function keysOf({ jwksUri }: AuthorizationServer): Promise<JWK[]> {
    const { keys } = (await (await fetch(jwksUri)).json()) as { keys: JWK[] }
    return keys
  }

  const at = (origin: string) => ({ ISSUER: '', TOKEN_ENDPOINT: `${origin}/token` })
  const basic = (id: string, password: string) => `Basic ${Buffer.from(`${id}:${password}`).toString('base64')}`

  test('secret-refuses-encoding: it does not decode the Basic header', async () => {
    const origin = await endpoint((authorization) => authorization === basic('orders', secret))
    expect(await found('', at(origin))).toEqual(['secret-refuses-encoding'])
  })

  test('method-other-works: it wants the secret in the form', async () => {
    const origin = await endpoint((_, form) => form.get('client_secret') === secret)
    expect(await found('', at(origin))).toEqual(['method-other-works'])
  })

  test('audience-wrong: its token is for somebody else', async () => {
    const claims = Buffer.from(JSON.stringify({ aud: 'billing' })).toString('base64url')
    const origin = await endpoint(() => true, `eyJhbGciOiJub25lIn0.${claims}.c2ln`)
    expect(await found('', { ...at(origin), AUDIENCE: 'users' })).toEqual(['audience-wrong'])
  })

  test('token-issuer: its token names another issuer', async () => {
    const server = await developmentServer()
    server.faults.alter({ members: { issuer: server.issuer.replace('127.0.0.1', 'localhost') } }, { at: 'metadata' })
    expect(await found(server.issuer.replace('127.0.0.1', 'localhost'))).toEqual(['token-issuer'])
  })

  test('signature-wrong: two servers share a name, and sign with keys of their own', async () => {
    const server = await developmentServer()
    const [own] = await keysOf(server)
    const stranger = await developmentServer()
    const [other] = await keysOf(stranger)
    server.faults.alter({ members: { keys: [{ ...other, kid: own?.kid }] } }, { at: 'jwks' })
    expect(await found(server.issuer)).toEqual(['signature-wrong'])
  })
})

describe('the way to the server', () => {
  async function tlsServer(pem: { readonly cert: string; readonly key: string }): Promise<string> {
    const server = createHttpsServer(pem, (_, response) => response.writeHead(404).end())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    return `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  test('certificate-self-signed', async () => {
    expect(await found(await tlsServer(selfSigned()))).toEqual(['certificate-self-signed'])
  })

  test.each([
    ['certificate-expired', { notAfter: '250101000000Z' }],
    ['certificate-wrong-name', { names: ['elsewhere.test'] }]
  ])('%s', async (name, options) => {
    const pem = selfSigned(options)
    await writeFile(file('own.pem'), pem.cert)
    expect(await found(await tlsServer(pem), { CA_FILE: file('own.pem') })).toEqual([name])
  })

  test('certificate-ends-soon, and the examination goes on', async () => {
    const inTwoDays = new Date(Date.now() + 2 * 86_400_000).toISOString().replace(/\D/g, '').slice(2, 14)
    const pem = selfSigned({ notAfter: `${inTwoDays}Z` })
    await writeFile(file('own.pem'), pem.cert)
    expect(await found(await tlsServer(pem), { CA_FILE: file('own.pem') })).toEqual([
      'certificate-ends-soon',
      'metadata-missing'
    ])
  })

  test('authority-unknown, and nothing once it is named', async () => {
    const ca = await authority()
    const origin = await tlsServer(await certificate('127.0.0.1', ca))
    expect(await found(origin)).toEqual(['authority-unknown'])
    await writeFile(file('ca.pem'), ca.cert)
    expect(await found(origin, { CA_FILE: file('ca.pem') })).toEqual(['metadata-missing'])
  })

  test('tls-failed: plain HTTP where TLS is expected', async () => {
    const server = await developmentServer()
    expect(await found(server.issuer.replace('http:', 'https:'))).toEqual(['tls-failed'])
  })

  test('a token endpoint on another host is looked at as closely', async () => {
    const server = await developmentServer()
    const elsewhere = await tlsServer(selfSigned())
    server.faults.alter({ members: { token_endpoint: `${elsewhere}/token` } }, { at: 'metadata' })
    expect(await found(server.issuer)).toEqual(['certificate-self-signed'])
  })

  test('connection-refused, beside a proxy that is not used', async () => {
    const issuer = 'https://127.0.0.1:9'
    expect(await found(issuer)).toEqual(['connection-refused'])
    const settings = {
      SERVICE_TOKEN_ISSUER: issuer,
      SERVICE_TOKEN_CLIENT_ID: 'orders',
      SERVICE_TOKEN_CLIENT_SECRET: secret
    }
    const environment = { ...settings, HTTPS_PROXY: 'http://marker-user:marker-password@127.0.0.1:9' }
    const { stdout } = await run(['doctor', '--json'], { environment })
    expect(JSON.parse(stdout).findings).toMatchObject([{ name: 'connection-refused' }, { name: 'proxy-not-used' }])
    expect(stdout).not.toContain('marker-')
  })

  /** A proxy that answers every request in the same way. */
  async function proxyAnswering(status: number): Promise<string> {
    const proxy = createServer((_, response) => response.writeHead(status).end())
    proxy.on('connect', (_, socket) => socket.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`))
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void proxy.close())
    return `http://marker-user:marker-password@127.0.0.1:${(proxy.address() as AddressInfo).port}`
  }

  test.each([
    [407, 'proxy-authentication'],
    [403, 'proxy-refuses']
  ])('a proxy that answers %i: %s', async (status, name) => {
    const PROXY = await proxyAnswering(status)
    expect(await found('https://auth.test', { PROXY })).toEqual([name])
    const elsewhere = { ISSUER: '', TOKEN_ENDPOINT: 'https://auth.test/token' }
    expect(await found('', { ...elsewhere, PROXY })).toEqual([name])
  })

  test('a proxy of the environment is looked at where it is used, and not where NO_PROXY exempts the server', async () => {
    const server = await developmentServer()
    const settings = {
      SERVICE_TOKEN_ISSUER: server.issuer,
      SERVICE_TOKEN_CLIENT_ID: 'orders',
      SERVICE_TOKEN_CLIENT_SECRET: secret
    }
    const environment = {
      ...settings,
      HTTP_PROXY: 'http://marker-user:marker-password@127.0.0.1:9',
      NODE_USE_ENV_PROXY: '1'
    }
    const used = await run(['doctor', '--json'], { environment })
    expect(JSON.parse(used.stdout).findings).toMatchObject([{ name: 'connection-refused' }])
    const exempt = await run(['doctor', '--json'], { environment: { ...environment, NO_PROXY: '127.0.0.1' } })
    expect(JSON.parse(exempt.stdout).findings).toEqual([])
    expect(used.stdout + exempt.stdout).not.toContain('marker-')
  })

  test('a user name and password of a proxy are never arguments', async () => {
    const { exitCode, stderr } = await run(['doctor', '--proxy', 'http://marker-user:marker-password@127.0.0.1:9'])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('SERVICE_TOKEN_PROXY')
    expect(stderr).not.toContain('marker-')
  })

  test('name-unknown', async () => {
    expect(await found('https://no-such-host.invalid')).toEqual([expect.stringMatching(/^(name-unknown|dns-silent)$/)])
  })
})

describe('the configuration', () => {
  test.each([
    ['setting-missing', { CLIENT_ID: '' }],
    ['setting-unknown', { CLIENTID: 'marker-x' }],
    ['settings-conflict', { ASSERTION_FILE: '/marker-x' }],
    ['setting-invalid', { TIMEOUT: 'marker-x' }],
    ['plain-http', { ISSUER: 'http://auth.internal' }],
    ['credential-unavailable', { CLIENT_SECRET: '', CLIENT_SECRET_FILE: '/no/such/file' }]
  ])('%s', async (name, settings) => {
    expect(await found('https://auth.internal', settings)).toEqual([name])
  })

  test('tls-verification-off, beside what comes later', async () => {
    const server = await developmentServer()
    const settings = {
      SERVICE_TOKEN_ISSUER: server.issuer,
      SERVICE_TOKEN_CLIENT_ID: 'orders',
      SERVICE_TOKEN_CLIENT_SECRET: secret
    }
    const { exitCode, stdout } = await run(['doctor', '--json'], {
      environment: { ...settings, NODE_TLS_REJECT_UNAUTHORIZED: '0' }
    })
    expect(exitCode).toBe(1)
    expect(JSON.parse(stdout).findings).toMatchObject([{ name: 'tls-verification-off' }])
  })

  test('secret-whitespace, beside the refusal that it leads to', async () => {
    const server = await developmentServer()
    await writeFile(file('secret'), ` ${secret}`)
    const settings = { CLIENT_SECRET: '', CLIENT_SECRET_FILE: file('secret') }
    expect(await found(server.issuer, settings)).toEqual(['secret-whitespace', 'credential-refused'])
  })

  test('a flag that does not exist is wrong usage', async () => {
    expect(await run(['doctor', '--isuer', 'x'])).toMatchObject({ exitCode: 2, stdout: '' })
    expect(await run(['doctor', '--call', 'users.internal'])).toMatchObject({ exitCode: 2, stdout: '' })
  })
})

describe('--call', () => {
  const answers: Readonly<Record<string, readonly [number, Record<string, string>]>> = {
    'call-token-refused': [401, { 'www-authenticate': 'Bearer error="invalid_token"' }],
    'call-scope-missing': [403, { 'www-authenticate': 'Bearer error="insufficient_scope", scope="admin"' }],
    'call-redirected': [302, { location: 'https://login.test' }],
    'call-failed': [502, {}]
  }

  test.each(Object.entries(answers))('%s', async (name, [status, headers]) => {
    const server = await developmentServer()
    const origin = await listen((_, response) => response.writeHead(status, headers).end())
    expect(await found(server.issuer, {}, ['--call', `${origin}/users/42`])).toEqual([name])
  })

  test('call-failed: nobody there', async () => {
    const server = await developmentServer()
    expect(await found(server.issuer, {}, ['--call', 'http://127.0.0.1:9/'])).toEqual(['call-failed'])
  })

  test('plain-http: the token does not leave this machine in clear', async () => {
    const server = await developmentServer()
    expect(await found(server.issuer, {}, ['--call', 'http://users.internal/'])).toEqual(['plain-http'])
  })

  test('a service that takes the token is no finding, nor is a resource that is not there', async () => {
    const server = await developmentServer()
    const seen: unknown[] = []
    const origin = await listen(({ headers }, response) => {
      seen.push(headers.authorization)
      response.writeHead(404).end()
    })
    expect(await found(server.issuer, {}, ['--call', origin])).toEqual([])
    expect(seen).toEqual([expect.stringMatching(/^Bearer eyJ/)])
  })
})

describe('no false alarm', () => {
  test('at a development server, with every kind of request', async () => {
    const server = await developmentServer()
    for (const settings of [{}, { SCOPE: 'read_user' }, { SCOPE: 'read_user write_user', AUDIENCE: 'users' }])
      expect(await found(server.issuer, settings)).toEqual([])
    expect(await found('', { ISSUER: '', TOKEN_ENDPOINT: server.tokenEndpoint })).toEqual([])
  })

  test.each(['client_secret_basic', 'client_secret_post'] as const)('at oidc-provider, by %s', async (method) => {
    await using provider = await startOidcProvider([
      { clientId: 'orders', clientSecret: 'plain-secret-of-orders', method }
    ])
    const settings = { CLIENT_SECRET: 'plain-secret-of-orders', AUTHENTICATION_METHOD: method, SCOPE: 'read_user' }
    for (const RESOURCE of [resources.jwt, resources.opaque])
      expect(await found(provider.issuer, { ...settings, RESOURCE })).toEqual([])
    expect(await found(provider.issuer, settings)).toEqual([])
  })

  test('at oauth2-mock-server', async () => {
    const server = new OAuth2Server()
    await server.issuer.keys.generate('RS256')
    await server.start(0, '127.0.0.1')
    onTestFinished(() => server.stop())
    expect(await found(server.issuer.url ?? '', { SCOPE: 'read_user' })).toEqual([])
  })
})

test('a person reads one line for each step, each finding with reason and remedy, and the refresh plan', async () => {
  const server = await developmentServer()
  const args = ['doctor', '--issuer', server.issuer, '--client-id', 'orders', '--client-secret-file', '-']
  const well = await run(args, { input: secret })
  expect(well).toMatchObject({ exitCode: 0, stderr: '' })
  const steps = [...well.stdout.matchAll(/^ {2}ok {4}([\w -]+?)(?: {2,}|$)/gm)].map(([, name]) => name)
  expect(steps).toEqual([
    ...['configuration', 'proxy', 'name look-up', 'connection', 'metadata', 'token request'],
    ...['answer', 'clock', 'signature', 'refresh plan']
  ])
  expect(well.stdout).toMatch(/\n {8}\|=+R-+\|\n/)
  expect(well.stdout).toMatch(/\nNothing found\.\n$/)

  server.faults.lifetime(3000)
  const ill = await run(args, { input: secret })
  expect(ill.exitCode).toBe(1)
  expect(ill.stdout).toMatch(
    / {2}FAIL {2}answer .*\n {8}life-short: .*\n {8}Why it matters: .*\n(.*\n)* {8}What to do: /
  )
  expect(ill.stdout).toMatch(/\n1 finding\.\n$/)
})

test('docs/doctor.md explains every finding and no other, in the words of the doctor', () => {
  const rows = [...read('docs/doctor.md').matchAll(/^\| `([\w-]+)` \| (.*) \| (.*) \|$/gm)]
  expect(Object.fromEntries(rows.map(([, name, why, remedy]) => [name, { why, remedy }]))).toEqual(catalogue)
})
