import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { basic, post } from '../authorization-server/server.ts'
import { changedRegistry, type Json, threeServices } from '../authorization-server/three-services.ts'
import { serviceToken } from './service-token.ts'

const run = serviceToken()
let folder: string
const file = (name: string) => join(folder, name)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'serve-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

interface Served {
  readonly child: ChildProcess
  readonly origin: string
  /** What it has printed so far. */
  printed(): string
  /** Waits until it has printed this. */
  said(words: RegExp): Promise<string>
  end(signal?: NodeJS.Signals): Promise<number | null>
}

/** The command as a user starts it, on a free port, until the end of the test. */
async function serving(args: readonly string[], environment: Record<string, string> = {}): Promise<Served> {
  const port = await freePort()
  const { PATH = '' } = process.env
  const child = spawn(process.execPath, [run.bin(), 'serve', '--port', String(port), ...args], {
    env: { PATH, ...environment }
  })
  let printed = ''
  const listeners = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text
      for (const listener of listeners) listener()
    })
  const ended = once(child, 'close').then(([code]) => code as number | null)
  const end = (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal)
    return ended
  }
  onTestFinished(async () => void (await end('SIGKILL')))
  return {
    child,
    origin: `http://127.0.0.1:${port}`,
    printed: () => printed,
    said: (words) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!words.test(printed)) return
          listeners.delete(look)
          resolve(printed)
        }
        listeners.add(look)
        look()
        ended.then((code) => reject(new Error(`It ended with ${code}: ${printed}`)))
      }),
    end
  }
}

async function registryFile(document: unknown = threeServices): Promise<string> {
  const name = file(`registry-${Math.random()}.json`)
  await writeFile(name, typeof document === 'string' ? document : JSON.stringify(document, null, 2))
  return name
}

const ask = async (origin: string, clientId: string, fields: Record<string, string> = {}) =>
  (await (
    await post(`${origin}/token`, fields, { authorization: basic(clientId, `marker-${clientId}`) })
  ).json()) as Json

test('without a file it starts with the example of three services, which is on the page at once', async () => {
  const { origin, said, end } = await serving([])
  const text = await said(/billing got a token for users: read_user\./)
  expect(text).toContain(`Who may call whom         ${origin}/\n`)
  const page = await fetch(origin)
  expect([page.status, await page.text()]).toEqual([200, expect.stringMatching(/shop.*place_order/s)])
  for (const asset of ['page.js', 'page.css', 'icon.svg'])
    expect((await fetch(`${origin}/console/${asset}`)).status).toBe(200)
  const change = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }
  await fetch(`${origin}/admin/api/clients/shop/grants/orders/withdraw`, change)
  await said(/shop may no longer call orders\./)
  expect(await end()).toBe(0)
})

test('the registry and the two lines of docs/authorization-server.md give a token for the users service', async () => {
  const page = await readFile(new URL('../../docs/authorization-server.md', import.meta.url), 'utf8')
  const [, registry = ''] = /```json\n(.*?)```/s.exec(page) ?? []
  const { origin, said } = await serving([await registryFile(registry)])
  await said(/control over HTTP/)
  const [, lines = ''] = /```sh\n(export SERVICE_TOKEN_.*?)```/s.exec(page) ?? []
  const script = lines
    .replaceAll('http://127.0.0.1:9400', origin)
    .replaceAll('npx service-token-client', `'${process.execPath}' '${run.bin()}'`)
  const { PATH = '' } = process.env
  const shell = spawn('sh', ['-c', script], { env: { PATH }, stdio: ['ignore', 'pipe', 'inherit'] })
  const printed = await text(shell.stdout)
  expect(printed).toMatch(/aud +https:\/\/users\.internal\n.*Scopes\n +read_user\n.*support/s)
})

test('a registry file is read again when it is saved, and an error in it has its place', async () => {
  const name = await registryFile()
  const { origin, said } = await serving([name])
  await said(/control over HTTP/)
  expect(await ask(origin, 'billing')).toMatchObject({ scope: 'read_user' })
  await said(/billing got a token for users/)
  await writeFile(name, JSON.stringify(changedRegistry(({ clients }) => delete clients[2].may.users)))
  await said(/\d\d:\d\d:\d\d {2}billing may no longer call users\./)
  expect(await ask(origin, 'billing')).toMatchObject({ error: 'unauthorized_client' })
  await writeFile(name, '{\n  "clients": [}')
  await said(/registry-.*\.json:2:15: the registry is not valid JSON from here on\. The server continues/)
})

test('with --write a change goes into the file, and without it does not', async () => {
  for (const write of [true, false]) {
    const name = await registryFile()
    const { origin, said } = await serving(write ? [name, '--write'] : [name])
    await said(/control over HTTP/)
    await fetch(`${origin}/admin/api/clients/billing/grants/users/withdraw`, { method: 'POST' })
    await said(write ? /was written\./ : /may no longer call users/)
    expect(JSON.parse(await readFile(name, 'utf8')).clients[2].may).toEqual(
      write ? {} : { users: { scope: ['read_user'] } }
    )
  }
})

test('its keys survive a restart in a file of their own', async () => {
  const args = [await registryFile(), '--keys', file('keys.json'), '--silent']
  const kids: string[][] = []
  for (let start = 0; start < 2; start++) {
    const { origin, end } = await serving(args)
    await expect
      .poll(() =>
        fetch(`${origin}/health`).then(
          ({ status }) => status,
          () => 0
        )
      )
      .toBe(200)
    const { keys } = (await (await fetch(`${origin}/jwks`)).json()) as Json
    kids.push(keys.map(({ kid }: Json) => kid))
    expect(await end()).toBe(0)
  }
  expect(kids[0]).toEqual(kids[1])
})

test('with --silent it prints nothing, and with --json a line of JSON for each event', async () => {
  const silent = await serving([await registryFile(), '--silent'])
  await expect
    .poll(() =>
      fetch(`${silent.origin}/health`).then(
        ({ status }) => status,
        () => 0
      )
    )
    .toBe(200)
  await ask(silent.origin, 'billing')
  expect(await silent.end('SIGINT')).toBe(0)
  expect(silent.printed()).toBe('')

  const json = await serving([await registryFile(), '--json'])
  await json.said(/adminApi/)
  await ask(json.origin, 'billing')
  const lines = (await json.said(/billing got a token/))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(lines[0]).toMatchObject({ issuer: json.origin, page: `${json.origin}/` })
  expect(lines[1]).toMatchObject({ kind: 'request', request: { clientId: 'billing', service: 'users' } })
})

test('options of tokens reach the server', async () => {
  await writeFile(file('signing-secret'), `${'s'.repeat(40)}\n`)
  const args = [
    '--lifetime',
    '60',
    '--algorithm',
    'HS256',
    '--signing-secret-file',
    file('signing-secret'),
    '--issuer',
    'http://auth.internal'
  ]
  const { origin, said } = await serving([await registryFile(), ...args])
  await said(/control over HTTP/)
  const { access_token: token, expires_in: life } = await ask(origin, 'billing')
  expect(life).toBe(60)
  expect(JSON.parse(Buffer.from(token.split('.')[0], 'base64url').toString()).alg).toBe('HS256')
  expect(JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString()).iss).toBe('http://auth.internal')
})

test.each([
  ['cognito', { token_use: 'access', client_id: 'billing' }],
  ['spring-oauth2', { client_id: 'billing' }],
  ['entra:00000000-0000-4000-8000-000000000000', { idtyp: 'app' }]
])('--profile %s makes tokens as that kind of server writes them', async (profile, claims) => {
  const { origin, said } = await serving([await registryFile(), '--profile', profile])
  await said(/control over HTTP/)
  const { access_token: token } = await ask(origin, 'billing')
  expect(JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString())).toMatchObject(claims)
})

test.each([
  ['okto', /--profile must be one of: auth0, .*, zitadel\./],
  ['toString', /--profile must be one of/],
  ['', /--profile must be one of/],
  ['entra', /--profile entra needs a parameter\. Write entra:TENANT\./],
  ['xsuaa:', /--profile xsuaa needs a parameter\. Write xsuaa:APPLICATION\./],
  ['cognito:pool', /--profile cognito takes no parameter\. Write it without the colon\./]
])('--profile %j is refused, and the message says what to write', async (profile, message) => {
  const { exitCode, stderr } = await run(['serve', '--port', '0', '--profile', profile])
  expect([exitCode, stderr]).toEqual([2, expect.stringMatching(message)])
})

test.each([
  [['--algorithm', 'HS256'], /^HS256 needs a --signing-secret-file of at least 32 bytes\./],
  [['--issuer', 'x'], /^--issuer must be an http or https URL/],
  [['--host', '0.0.0.0'], /^--host can be reached from other machines, so it needs an --admin-secret-file\./]
])('%j is refused in the words of the command line', async (args, message) => {
  const { exitCode, stderr } = await run(['serve', '--port', '0', ...args])
  expect([exitCode, stderr]).toEqual([2, expect.stringMatching(message)])
})

describe('beyond this machine it needs an admin secret', () => {
  const outside = ['--host', '0.0.0.0']

  test('or does not start', async () => {
    const { exitCode, stderr } = await run(['serve', ...outside])
    expect([exitCode, stderr]).toEqual([
      2,
      expect.stringMatching(/--host can be reached from other machines, so it needs an --admin-secret-file/)
    ])
  })

  test.each(['a variable', 'a file'])('from %s', async (place) => {
    await writeFile(file('admin'), 'marker-admin-secret-1\n')
    const variable = place === 'a variable'
    const args = variable ? outside : [...outside, '--admin-secret-file', file('admin')]
    const environment: Record<string, string> = variable ? { SERVICE_TOKEN_ADMIN_SECRET: 'marker-admin-secret-1' } : {}
    const { origin, printed, said } = await serving(args, environment)
    await said(/control over HTTP/)
    const status = async (headers = {}) => (await fetch(`${origin}/admin/api/overview`, { headers })).status
    expect(await status()).toBe(401)
    expect(await status({ authorization: 'Bearer marker-admin-secret-1' })).toBe(200)
    expect(printed()).not.toContain('marker')
  })
})

test.each(['production', 'Production'])('it does not start in NODE_ENV=%s', async (environment) => {
  const { exitCode, stderr } = await run(['serve', '--port', '0'], { environment: { NODE_ENV: environment } })
  expect([exitCode, stderr]).toEqual([2, expect.stringMatching(/for development and tests/)])
})

test('if the port is taken, the message says what to do', async () => {
  const { origin, said } = await serving([])
  await said(/control over HTTP/)
  const { exitCode, stderr } = await run(['serve', '--port', new URL(origin).port])
  expect([exitCode, stderr]).toEqual([2, expect.stringMatching(/is taken by another process\. Choose another port/)])
})

test('--schema prints the JSON Schema of a registry', async () => {
  const { exitCode, stdout } = await run(['serve', '--schema'])
  expect([exitCode, JSON.parse(stdout).$schema]).toEqual([0, 'https://json-schema.org/draft/2020-12/schema'])
})

test.each<[string, string[], RegExp]>([
  ['a registry with an error', ['bad.json'], /bad\.json:1:2: the registry is not valid JSON/],
  ['a registry that is not there', ['no-such.json'], /no-such\.json: the registry cannot be read \(ENOENT\)/],
  ['--write without a file', ['--write'], /--write needs a registry file/],
  ['a port that is not a number', ['--port', 'http'], /--port must be a number/],
  ['a port that is too high', ['--port', '70000'], /--port must be a port/],
  ['a negative lifetime', ['--lifetime=-5'], /--lifetime must be a number/],
  ['a lifetime of zero', ['--lifetime', '0', '--port', '0'], /--lifetime must be at least 1 second/],
  ['an unknown format', ['--format', 'saml', '--port', '0'], /--format must be one of jwt, opaque/],
  ['an unknown algorithm', ['--algorithm', 'none', '--port', '0'], /--algorithm must be one of/],
  ['only one of the three TLS files', ['--tls-cert', 'bad.json'], /--tls-key is missing/],
  ['a TLS port without TLS files', ['--tls-port', '9443'], /--tls-port only works with --tls-cert/],
  [
    'a secret file that is not there',
    ['--admin-secret-file', 'no-such'],
    /--admin-secret-file cannot be read \(ENOENT\)/
  ],
  ['an admin secret as an argument', ['--admin-secret', 'marker-secret'], /Use --admin-secret-file/],
  ['two files', ['bad.json', 'bad.json'], /takes at most 1 operand/]
])('%s ends with 2 and says what is wrong', async (_what, args, message) => {
  await writeFile(file('bad.json'), '{')
  const { exitCode, stdout, stderr } = await run([
    'serve',
    ...args.map((one) => (one === 'bad.json' ? file(one) : one))
  ])
  expect([exitCode, stdout]).toEqual([2, ''])
  expect(stderr).toMatch(message)
  expect(stderr).not.toContain('marker-secret')
})
