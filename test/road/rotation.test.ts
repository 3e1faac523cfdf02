import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  type AuthorizationServer,
  type ClientCredentials,
  startAuthorizationServer
} from '../../src/authorization-server/index.ts'
import {
  type ClientAuthentication,
  clientSecretBasic,
  createTokenClient,
  privateKeyJwt,
  type TokenClient,
  tlsClientAuth
} from '../../src/index.ts'
import { type ManualClock, manualClock } from '../../src/testing/index.ts'
import { authority, certificate } from '../support/certificates.ts'
import { listen } from '../support/road.ts'

// This code is loaded when it is first needed, but a held clock cannot wait for the disk.
await Promise.all([import('p-retry'), import('jose')])

const second = 1000
const minute = 60 * second
/** The lifetime of the tokens, instead of twelve hours. They are refreshed after sixteen minutes. */
const life = 20 * minute

type Name = 'old' | 'new'

/** One kind of credential: what the server registers, what stands in the client's file, and how the client uses the file. */
interface Kind {
  register(...names: Name[]): ClientCredentials
  content(name: Name): string
  read(...files: string[]): ClientAuthentication
}

const pairs = { old: generateKeyPairSync('ed25519'), new: generateKeyPairSync('ed25519') }

const secrets: Kind = {
  register: (...names) => ({ clientSecret: names.map((name) => `the ${name} secret`) }),
  content: (name) => `the ${name} secret\n`,
  read: (...files) => clientSecretBasic(files.map((file) => ({ file })))
}

const keys: Kind = {
  register: (...names) => ({
    jwks: { keys: names.map((name) => ({ kty: 'OKP', ...pairs[name].publicKey.export({ format: 'jwk' }) })) }
  }),
  content: (name) => pairs[name].privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  read: (...files) => privateKeyJwt({ key: files.map((file) => ({ file })) })
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rotation-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

interface Stage {
  readonly server: AuthorizationServer
  readonly tokens: TokenClient
  /** Registers these at the server, in place of the others. */
  accept(...names: Name[]): void
  /** Writes the client's file; with two names, its two files. */
  hold(...names: Name[]): void
  /** Lets time pass while calls come, ten at once each minute. */
  pass(ms: number): Promise<void>
  /** Calls that got no token that the resource server takes. */
  readonly failed: () => number
  /** Token requests that the server refused: at each moment one, or two when the clock outran the first. */
  readonly refused: () => number
  readonly warnings: string[]
}

/** A client under load, with a token by the old credential. */
async function stage(kind: Kind, files: 1 | 2 = 1): Promise<Stage> {
  const clock = manualClock()
  const folder = temporaryFolder()
  const paths = ['current', 'next'].slice(0, files).map((name) => join(folder, name))
  function hold(...names: Name[]): void {
    for (const [index, path] of paths.entries()) writeFileSync(path, kind.content(names[index] ?? names[0] ?? 'old'))
  }
  hold('old')
  const server = await startAuthorizationServer({
    clock,
    accessTokenLifetime: life,
    clients: [{ clientId: 'orders', scope: ['read', 'write'], ...kind.register('old') }]
  })
  const tokens = createTokenClient({
    issuer: server.issuer,
    clientId: 'orders',
    clock,
    clientAuthentication: kind.read(...paths)
  })
  onTestFinished(async () => {
    await tokens.close()
    await server.close()
  })
  const warnings: string[] = []
  tokens.on('warning', ({ code }) => warnings.push(code))

  let failed = 0
  async function call(index: number): Promise<void> {
    const token = await tokens.getToken({ scope: index % 2 === 0 ? 'read' : 'write' }).catch(() => undefined)
    if (token === undefined || token.expiresAt <= clock.wallTime()) failed++
  }
  async function pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 2 * second) {
      const calls = Promise.all(Array.from({ length: 10 }, (_, index) => call(index)))
      await clock.advance(2 * second) // while they wait: two flights of a key keep a gap
      await calls
      await arrival(clock)
    }
  }
  await pass(minute)
  const accept = (...names: Name[]) => server.clients.change('orders', { ...nothing, ...kind.register(...names) })
  const refused = () =>
    server.requests.latest.filter(({ endpoint, clientId }) => endpoint === 'token' && clientId === undefined).length
  return { server, tokens, accept, hold, pass, failed: () => failed, refused, warnings }
}

const nothing = { clientSecret: [], jwks: { keys: [] } }

/** Real requests take real time: the clock waits for those under way, each of which has timers beside the one of the client. */
async function arrival(clock: ManualClock): Promise<void> {
  for (let turn = 0; turn < 100_000 && clock.timers > 1; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** Checks that there is a token by the new credential, and that no call failed. */
async function settles({ tokens, server, pass, failed, refused }: Stage, mostRefusals: number): Promise<void> {
  await pass(life + minute)
  expect(failed()).toBe(0)
  expect(refused()).toBeLessThanOrEqual(mostRefusals)
  server.requests.clear()
  await tokens.getToken()
  expect(server.requests.latest).toMatchObject([{ clientId: 'orders' }])
}

describe.each([
  ['a secret', secrets],
  ['a key', keys]
])('%s', (_, kind) => {
  test('X5 with overlap, the server first: no call fails', async () => {
    const order = await stage(kind)
    order.accept('old', 'new')
    await order.pass(17 * minute)
    order.hold('new')
    await order.pass(17 * minute)
    order.accept('new')
    await settles(order, 0)
    expect(order.warnings).toEqual(['credential_changed'])
  })

  test('X7 the client first, with both in its ring: no call fails, and a key has one request refused', async () => {
    const order = await stage(kind, 2)
    order.hold('old', 'new')
    await order.pass(17 * minute)
    order.accept('new')
    await settles(order, 2)
    expect(order.warnings).toEqual(['credential_changed'])
  })

  test('X6 the server first, without overlap: no call fails', async () => {
    const order = await stage(kind)
    await order.pass(14 * minute)
    order.accept('new')
    await order.pass(2 * minute)
    order.hold('new')
    await settles(order, 4)
    expect(order.warnings).toEqual(['credential_changed'])
  })

  test('X6 the client first, without overlap: no call fails', async () => {
    const order = await stage(kind)
    await order.pass(14 * minute)
    order.hold('new')
    await order.pass(2 * minute)
    order.accept('new')
    await settles(order, 4)
    expect(order.warnings).toEqual(['credential_refused', 'credential_changed'])
  })

  test('N10 X7 a credential that stays dead is sent ever more seldom, whatever the calls', async () => {
    const { server, accept, pass } = await stage(kind)
    accept('new')
    server.requests.clear()
    await pass(life + 10 * minute)
    // Two keys: after 16 minutes, and then 10, 30, 60, 120 s later; just before their end, and at it; then 1, 2, 4 and 8 minutes later.
    expect(server.requests.count('token')).toBeLessThanOrEqual(2 * 12)
  })
})

test('C58 C60 a new certificate is presented on new connections, and tokens of the old one are replaced before their next use', async () => {
  const ca = await authority()
  const [own, old, fresh] = await Promise.all([
    certificate('127.0.0.1', ca),
    certificate('orders', ca),
    certificate('orders', ca)
  ])
  const folder = temporaryFolder()
  const [certFile, keyFile] = [join(folder, 'tls.crt'), join(folder, 'tls.key')]
  const hold = ({ cert, key }: typeof old) => {
    writeFileSync(certFile, cert)
    writeFileSync(keyFile, key)
  }
  hold(old)
  const clock = manualClock()
  const server = await startAuthorizationServer({
    clients: [{ clientId: 'orders', scope: ['read', 'write'], certificateSubject: 'CN=orders' }],
    tls: { ...own, ca: ca.cert },
    clock
  })
  const clientAuthentication = tlsClientAuth({ certFile, keyFile, ca: ca.cert })
  const tokens = createTokenClient({ issuer: server.issuer, clientId: 'orders', clock, clientAuthentication })
  onTestFinished(async () => {
    await tokens.close()
    await server.close()
  })
  const boundTo = (token: string) =>
    JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).cnf['x5t#S256']

  const read = await tokens.getToken({ scope: 'read' })
  const write = await tokens.getToken({ scope: 'write' })
  expect(boundTo(write.value)).toBe(boundTo(read.value))
  hold(fresh)
  await clock.advance(31 * second)
  tokens.invalidate(write)
  const newWrite = await tokens.getToken({ scope: 'write' })
  const newRead = await tokens.getToken({ scope: 'read' })
  expect(boundTo(newWrite.value)).not.toBe(boundTo(write.value))
  expect(boundTo(newRead.value)).toBe(boundTo(newWrite.value))
})

test('C49 an authorization server that is down at the start does not break construction; the error says where it was looked for', async () => {
  const origin = await listen((_, response) => response.writeHead(503).end())
  const clock = manualClock({ random: 0 })
  const tokens = createTokenClient({ issuer: origin, clientId: 'orders', clientSecret: 's', clock })
  onTestFinished(tokens.close)
  let failure: unknown
  tokens.getToken().catch((error: unknown) => {
    failure = error
  })
  while (failure === undefined) {
    await clock.advance(10)
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(failure).toMatchObject({
    code: 'ERR_DISCOVERY_FAILED',
    transient: true,
    message: expect.stringContaining(`${origin}/.well-known/oauth-authorization-server answered 503`)
  })
})
