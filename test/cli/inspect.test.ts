import { describe, expect, onTestFinished, test } from 'vitest'
import { type AuthorizationServer, startAuthorizationServer } from '../../src/authorization-server/index.ts'
import { createTokenClient } from '../../src/index.ts'
import { serviceToken } from './service-token.ts'

const run = serviceToken()

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

const signature = Buffer.from('marker-signature').toString('base64url')

function tokenOf(claims: object, header: object = { alg: 'ES256', typ: 'at+jwt' }): string {
  return `${part(header)}.${part(claims)}.${signature}`
}

const token = tokenOf({
  iss: 'https://auth.internal',
  sub: 'orders',
  scope: 'read_user write_user',
  exp: 4_102_444_800
})

describe('the token is found', () => {
  test.each([
    ['by itself', token],
    ['with whitespace around it', `\n  ${token}\r\n`],
    ['in a header', `Authorization: Bearer ${token}\n`],
    ['as the value of a header', `bearer ${token}`],
    ['in the answer of a token endpoint', JSON.stringify({ access_token: token, token_type: 'Bearer' })],
    [
      'in an answer with its head',
      `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{"access_token":"${token}"}`
    ]
  ])('%s', async (_, input) => {
    const { exitCode, stdout } = await run(['inspect', '--json'], { input })
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ kind: 'signed', claims: { sub: 'orders' } })
  })

  test('as an argument', async () => {
    const { exitCode, stdout } = await run(['inspect', token])
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/^Header\n {2}alg {2}ES256\n {2}typ {2}at\+jwt\n\nClaims\n/)
  })
})

test('the signature is not printed, as text nor as JSON', async () => {
  for (const args of [['inspect'], ['inspect', '--json']]) {
    const { stdout, stderr } = await run(args, { input: token })
    expect(stdout).toContain('orders')
    expect(stdout + stderr).not.toContain(signature)
  }
})

test('times are shown as dates and time spans, and an invalid time is shown as invalid', async () => {
  const hour = 3600
  const now = Math.floor(Date.now() / 1000)
  const { stdout } = await run(['inspect'], {
    input: tokenOf({ iat: now - 2 * hour - 30, exp: now + 10 * hour + 58 * 60 + 30, nbf: 'soon', auth_time: 1e300 })
  })
  expect(stdout).toMatch(/issued \(iat\) +\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ, 2 h ago/)
  expect(stdout).toMatch(/expires \(exp\) +\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ, in 10 h 58 min/)
  expect(stdout).toMatch(/valid from \(nbf\) +is not a number of seconds/)
  expect(stdout).toMatch(/user signed in \(auth_time\) +is not a number of seconds/)
})

test('scopes and roles are lists, wherever the server puts them', async () => {
  const claims = {
    scp: ['read', 'write'],
    roles: ['support'],
    realm_access: { roles: ['admin'] },
    resource_access: { users: { roles: ['reader'] } }
  }
  const { stdout } = await run(['inspect', '--json'], { input: tokenOf(claims) })
  expect(JSON.parse(stdout)).toMatchObject({
    scopes: ['read', 'write'],
    roles: [
      { claim: 'roles', roles: ['support'] },
      { claim: 'realm_access.roles', roles: ['admin'] },
      { claim: 'resource_access.users.roles', roles: ['reader'] }
    ]
  })
})

test('a token that is too large is shown with the servers that refuse it', async () => {
  const groups = Array.from({ length: 900 }, (_, index) => `group-${index}`)
  const { stdout } = await run(['inspect'], { input: tokenOf({ groups }) })
  expect(stdout).toMatch(/token +\d{5} bytes/)
  expect(stdout).toContain('nginx and Apache (8 KiB for a line)')
})

test('a claim cannot control the terminal', async () => {
  const { stdout } = await run(['inspect'], { input: tokenOf({ sub: 'a\u001b[2Jb\u202ec', 'x\u0007': 1 }) })
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
  expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
  expect(stdout).toContain('a\\u{1b}[2Jb\\u{202e}c')
})

describe('what cannot be read ends with 1 and a reason', () => {
  test.each([
    ['opaque', 'mF_9.B5f-4.1JqM', 'introspection endpoint'],
    ['encrypted', `${part({ alg: 'RSA-OAEP', enc: 'A256GCM' })}.a.b.c.d`, 'encrypted'],
    ['signed', 'eyJ.eyJ.a', 'not a JSON object']
  ])('%s', async (kind, input, reason) => {
    const { exitCode, stdout } = await run(['inspect', '--json'], { input })
    expect(exitCode).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({ kind, readable: false, reason: expect.stringContaining(reason) })
  })
})

test.each(['', 'two words', '{"error":"invalid_client"}'])('%j holds no token: wrong usage', async (input) => {
  expect(await run(['inspect'], { input })).toMatchObject({ exitCode: 2, stdout: '' })
})

describe('--verify', () => {
  const orders = { clientId: 'orders', clientSecret: 'secret of orders' }

  async function issued(): Promise<{ server: AuthorizationServer; token: string }> {
    const server = await startAuthorizationServer({
      clients: [{ ...orders, scope: ['read_user'], audience: ['users'] }]
    })
    onTestFinished(server.close)
    await using tokens = createTokenClient({ issuer: server.issuer, ...orders })
    return { server, token: (await tokens.getToken()).value }
  }

  test('accepts what a resource server of this library accepts', async () => {
    const { server, token } = await issued()
    const args = ['inspect', '--verify', server.issuer, '--audience', 'billing', '--audience', 'users']
    expect(await run(args, { input: token })).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/\n\nVerification\n {2}accepted\n$/)
    })
    const { stdout } = await run([...args, '--json'], { input: token })
    expect(JSON.parse(stdout).verification).toEqual({ verdict: 'accepted' })
  })

  test('refuses what is for another service, with the reason', async () => {
    const { server, token } = await issued()
    const { exitCode, stdout } = await run(['inspect', token, '--verify', server.issuer, '--audience', 'billing'])
    expect(exitCode).toBe(1)
    expect(stdout).toMatch(/Verification\n {2}refused \(wrong_audience\) +\S/)
  })

  test('accepts a token of another type only with --accept-plain-jwt', async () => {
    const { server } = await issued()
    const args = ['inspect', tokenOf({}, { alg: 'ES256', typ: 'JWT' }), '--json', '--verify', server.issuer]
    const strict = await run([...args, '--audience', 'users'])
    const plain = await run([...args, '--audience', 'users', '--accept-plain-jwt'])
    expect(JSON.parse(strict.stdout).verification.reason).toBe('wrong_type')
    expect(JSON.parse(plain.stdout).verification.reason).not.toBe('wrong_type')
  })

  test('does not decide while the issuer cannot be asked', async () => {
    const { server, token } = await issued()
    await server.close()
    const { exitCode, stdout } = await run([
      'inspect',
      token,
      '--json',
      '--verify',
      server.issuer,
      '--audience',
      'users'
    ])
    expect(exitCode).toBe(1)
    expect(JSON.parse(stdout).verification).toMatchObject({ verdict: 'undecided', reason: 'ERR_KEYS_UNAVAILABLE' })
  })

  test.each([
    [['--verify', 'https://auth.internal']],
    [['--audience', 'users']],
    [['--accept-plain-jwt']],
    [['--verify', 'auth.internal', '--audience', 'users']],
    [['--verify', 'http://auth.internal', '--audience', 'users']]
  ])('%j cannot work: wrong usage', async (args) => {
    expect(await run(['inspect', token, ...args])).toMatchObject({ exitCode: 2, stdout: '' })
  })
})
