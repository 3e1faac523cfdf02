import { spawn } from 'node:child_process'
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { calculateJwkThumbprint, type JWK } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AuthorizationServer, startAuthorizationServer } from '../../src/authorization-server/index.ts'
import { settingOptions } from '../../src/cli/client-settings.ts'
import { settingNames } from '../../src/options/environment-settings.ts'
import { accessTokenVerifier } from '../../src/resource-server/index.ts'
import { listen } from '../support/road.ts'
import { type Surroundings, serviceToken } from './service-token.ts'

const run = serviceToken()
const secret = 'marker-secret-7f+ %&'

let server: AuthorizationServer
let folder: string
const file = (name: string) => join(folder, name)

beforeAll(async () => {
  const orders = { clientId: 'orders', clientSecret: secret, scope: ['read_user', 'write_user'] }
  server = await startAuthorizationServer({ clients: [orders] })
  folder = await mkdtemp(join(tmpdir(), 'token-'))
  await writeFile(file('secret'), `${secret}\n`)
  await writeFile(file('wrong'), 'marker-secret-wrong')
})

afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true })
})

const who = () => ['--issuer', server.issuer, '--client-id', 'orders']
const environment = () => ({ SERVICE_TOKEN_ISSUER: server.issuer, SERVICE_TOKEN_CLIENT_ID: 'orders' })
const jwt = /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/

async function config(members: object): Promise<string> {
  await writeFile(file('config.json'), JSON.stringify(members))
  return file('config.json')
}

describe('the settings come from', () => {
  test('flags', async () => {
    const { exitCode, stdout, stderr } = await run(['token', ...who(), '--client-secret-file', file('secret')])
    expect([exitCode, stderr]).toEqual([0, ''])
    expect(stdout.trimEnd()).toMatch(jwt)
  })

  test('variables', async () => {
    const { exitCode, stdout } = await run(['token'], {
      environment: { ...environment(), SERVICE_TOKEN_CLIENT_SECRET: secret }
    })
    expect(exitCode).toBe(0)
    expect(stdout.trimEnd()).toMatch(jwt)
  })

  test('a file, with a list for the scope and a number for the timeout', async () => {
    const members = {
      issuer: server.issuer,
      clientId: 'orders',
      clientSecret: secret,
      scope: ['write_user'],
      timeout: 5000
    }
    const { exitCode, stdout } = await run(['token', '--json', '--config', await config(members)])
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout).scope).toBe('write_user')
  })

  test('standard input, for the secret', async () => {
    const { exitCode } = await run(['token', ...who(), '--client-secret-file', '-'], { input: `${secret}\n` })
    expect(exitCode).toBe(0)
  })
})

test('a flag overrides a variable, a variable overrides the file, and a credential replaces the whole credential below it', async () => {
  const below = {
    issuer: 'https://nowhere.test',
    clientId: 'nobody',
    scope: 'read_user',
    privateKeyFile: '/no/key',
    keyId: 'a'
  }
  const middle = {
    ...environment(),
    SERVICE_TOKEN_SCOPE: 'write_user',
    SERVICE_TOKEN_CLIENT_SECRET_FILE: file('wrong')
  }
  const args = ['token', '--json', '--config', await config(below), '--client-secret-file', file('secret')]
  const { exitCode, stdout } = await run(args, { environment: middle })
  expect(exitCode).toBe(0)
  expect(JSON.parse(stdout).scope).toBe('write_user')
})

test('--json answers as a token endpoint does, with expires_at', async () => {
  const { stdout } = await run(['token', '--json', ...who(), '--client-secret-file', file('secret')])
  const { access_token, expires_in, expires_at, ...others } = JSON.parse(stdout)
  expect(access_token).toMatch(jwt)
  expect(others).toEqual({ token_type: 'Bearer', scope: 'read_user write_user' })
  expect(Math.abs(Date.parse(expires_at) - Date.now() - expires_in * 1000)).toBeLessThan(60_000)
})

test('--header prints what curl -H @- takes', async () => {
  const { stdout } = await run(['token', '--header', ...who(), '--client-secret-file', file('secret')])
  expect(stdout).toMatch(/^Authorization: Bearer eyJ[\w.-]+\n$/)
})

test('--header with --url is the same line for a Bearer token', async () => {
  const url = ['--url', 'https://users.internal/users/42']
  const { stdout } = await run(['token', '--header', ...url, ...who(), '--client-secret-file', file('secret')])
  expect(stdout).toMatch(/^Authorization: Bearer eyJ[\w.-]+\n$/)
})

describe('a token that is bound to a key', () => {
  const secretOf = () => ({ ...environment(), SERVICE_TOKEN_CLIENT_SECRET: secret })

  test('comes with a proof for the request, which the service takes', async () => {
    const verifier = accessTokenVerifier({ issuer: server.issuer, audience: server.issuer, dpop: 'required' })
    const seen: unknown[] = []
    const origin = await listen(async ({ method, url, headers }, response) => {
      seen.push(await verifier.verify({ method, url: `${origin}${url}`, headers } as never).catch((error) => error))
      response.end()
    })
    const url = ['--url', `${origin}/users/42?full=1`, '--method', 'post']
    const { stdout } = await run(['token', '--dpop', '--header', ...url], { environment: secretOf() })
    const fields = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(': ') as [string, string])
    expect(fields.map(([name]) => name)).toEqual(['Authorization', 'DPoP'])
    await fetch(`${origin}/users/42?full=1`, { method: 'POST', headers: fields })
    expect(seen).toEqual([expect.objectContaining({ clientId: 'orders' })])
    await verifier.close()
  })

  test('of a file stays the token of that key, also when the file of --config asks for it', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    await writeFile(file('dpop.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }))
    const path = await config({ dpop: true, dpopKeyFile: file('dpop.pem') })
    const bound = async (...args: string[]) => {
      const { stdout, stderr } = await run(['token', '--json', ...args], { environment: secretOf() })
      expect(stderr).toBe('')
      const { token_type, access_token } = JSON.parse(stdout)
      return [token_type, JSON.parse(Buffer.from(access_token.split('.')[1], 'base64url').toString()).cnf.jkt]
    }
    const jkt = await calculateJwkThumbprint(createPublicKey(privateKey).export({ format: 'jwk' }) as JWK)
    expect(await bound('--dpop-key-file', file('dpop.pem'))).toEqual(['DPoP', jkt])
    expect(await bound('--config', path)).toEqual(['DPoP', jkt])
  })

  test('is said to be nobody’s if its key ends with the command', async () => {
    const { exitCode, stdout, stderr } = await run(['token', '--dpop'], { environment: secretOf() })
    expect(stdout.trimEnd()).toMatch(jwt)
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.stringContaining('--dpop-key-file') })
  })

  test.each([
    [['--dpop', '--header'], 'Give --url'],
    [['--dpop', '--output', 'exec-credential'], 'kubectl sends no DPoP proof'],
    [['--dpop', '--cache'], '--cache stores no token'],
    [['--url', 'https://users.internal'], '--url and --method belong to --header'],
    [['--header', '--method', 'GET'], '--method belongs to --url'],
    [['--header', '--url', 'users.internal'], '--url must be a whole URL'],
    [['--header', '--url', 'http://users.internal'], 'headers.url'],
    [['--dpop-key', 'k'], 'Use --dpop-key-file'],
    [['--dpop-key-file', '/none'], 'dpop.key']
  ])('%j is wrong usage', async (args, message) => {
    const { exitCode, stdout, stderr } = await run(['token', ...args], { environment: secretOf() })
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toContain(message)
  })
})

test('--cache asks the server once for all calls of this user, and stores the token encrypted', async () => {
  const cached = { ...environment(), SERVICE_TOKEN_CLIENT_SECRET: secret, XDG_CACHE_HOME: file('cache') }
  const before = server.requests.count('token')
  const first = await run(['token', '--cache'], { environment: cached })
  const calls = await Promise.all(Array.from({ length: 3 }, () => run(['token', '--cache'], { environment: cached })))
  expect(new Set([first, ...calls].map(({ stdout }) => stdout))).toEqual(new Set([first.stdout]))
  expect(server.requests.count('token') - before).toBe(1)
  const files = await readdir(file('cache'), { recursive: true, withFileTypes: true })
  const kept = files.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
  expect(kept.length).toBeGreaterThanOrEqual(2)
  for (const path of kept) {
    expect((await stat(path)).mode & 0o077).toBe(0)
    expect(await readFile(path, 'utf8')).not.toContain(first.stdout.trim().slice(0, 40))
  }
})

test.each([
  [undefined, 'client.authentication.k8s.io/v1'],
  ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1'],
  ['client.authentication.k8s.io/v1beta1', 'client.authentication.k8s.io/v1beta1']
])('--output exec-credential for a kubectl that asks for %s', async (asked, apiVersion) => {
  const info = asked && {
    KUBERNETES_EXEC_INFO: JSON.stringify({ apiVersion: asked, kind: 'ExecCredential', spec: {} })
  }
  const { stdout } = await run(['token', '--output', 'exec-credential'], {
    environment: { ...environment(), SERVICE_TOKEN_CLIENT_SECRET: secret, ...info }
  })
  expect(JSON.parse(stdout)).toEqual({
    apiVersion,
    kind: 'ExecCredential',
    status: {
      token: expect.stringMatching(jwt),
      expirationTimestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/)
    }
  })
})

describe('no secret is in what goes wrong', () => {
  const cases: readonly (readonly [string, number, () => Promise<readonly [string[], Surroundings?]>])[] = [
    ['a wrong secret', 1, async () => [['token', ...who(), '--client-secret-file', file('wrong')]]],
    [
      'a scope that is refused',
      1,
      async () => [['token', ...who(), '--scope', 'no', '--client-secret-file', file('secret')]]
    ],
    [
      'a server that is not there',
      1,
      async () => [
        ['token', '--token-endpoint', 'http://127.0.0.1:9/token', '--client-id', 'orders', '--timeout', '500'],
        { environment: { SERVICE_TOKEN_CLIENT_SECRET: secret } }
      ]
    ],
    ['no secret and nobody to ask', 2, async () => [['token', ...who()]]],
    ['nothing piped in', 2, async () => [['token', ...who(), '--client-secret-file', '-']]],
    [
      'two credentials',
      2,
      async () => [
        ['token', ...who()],
        { environment: { SERVICE_TOKEN_CLIENT_SECRET: secret, SERVICE_TOKEN_ASSERTION_FILE: file('secret') } }
      ]
    ],
    ['an unknown variable', 2, async () => [['token', ...who()], { environment: { SERVICE_TOKEN_SECRET: secret } }]],
    ['a file that is not there', 2, async () => [['token', '--config', file('none.json')]]],
    ['a file that is no JSON', 2, async () => [['token', '--config', file('secret')]]],
    ['a member that is no setting', 2, async () => [['token', '--config', await config({ secret })]]],
    ['a member that is an object', 2, async () => [['token', '--config', await config({ clientSecret: { secret } })]]],
    [
      'a cache where none can be',
      2,
      async () => [
        ['token', '--cache'],
        { environment: { ...environment(), SERVICE_TOKEN_CLIENT_SECRET: secret, XDG_CACHE_HOME: file('secret') } }
      ]
    ],
    ['two forms of output', 2, async () => [['token', ...who(), '--header', '--json']]],
    ['an unknown form of output', 2, async () => [['token', ...who(), '--output', 'marker-secret']]]
  ]

  test.each(cases)('%s', async (_, exitCode, of) => {
    const ended = await run(...(await of()))
    expect(ended.exitCode).toBe(exitCode)
    expect(ended.stdout + ended.stderr).not.toContain('marker-secret')
    expect(ended.stdout + ended.stderr).toMatch(/\S{3}/)
  })
})

test.skipIf(process.platform !== 'linux')('a person is asked for the secret, which is not echoed', async () => {
  const line = [process.execPath, run.bin(), 'token', '--json', ...who()].map((word) => `'${word}'`).join(' ')
  const terminal = spawn('script', ['--quiet', '--return', '--command', line, '/dev/null'])
  let seen = ''
  for await (const chunk of terminal.stdout) {
    if (!seen.includes('Client secret: ') && `${seen}${chunk}`.includes('Client secret: '))
      terminal.stdin.end(`${secret}\n`)
    seen += chunk
  }
  expect(seen).toContain('"token_type": "Bearer"')
  expect(seen).not.toContain('marker-secret')
})

test('every setting but the secret itself has a flag, and every flag is a setting', () => {
  const flags = Object.keys(settingOptions).filter((flag) => flag !== 'config')
  const settings = flags.map((flag) => flag.toUpperCase().replaceAll('-', '_'))
  expect([...settings, 'CLIENT_SECRET'].toSorted()).toEqual([...settingNames].toSorted())
})
