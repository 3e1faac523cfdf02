import { inspect } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import type { ClientAuthentication } from '../../src/client-authentication/client-authentication.ts'
import { TokenClientError } from '../../src/errors.ts'
import type { Emit } from '../../src/events.ts'
import { sender } from '../../src/http/send.ts'
import { knownServer, serverAt } from '../../src/metadata/known-server.ts'
import type { AuthorizationServerSource } from '../../src/metadata/server-source.ts'
import { manualClock } from '../../src/testing/index.ts'

import { tokenRequest } from '../../src/token/token-request.ts'
import { type TokenEndpointOptions, tokenEndpoint } from '../../src/token-endpoint/token-endpoint.ts'
import { http, type RawServer, rawServer } from '../http/raw-server.ts'
import { good } from './token-answer.ts'

const request = tokenRequest({ scope: ['read', 'write'], audience: 'api', resource: ['https://r/'] })

const inForm: ClientAuthentication = {
  method: 'client_secret_post',
  async authenticate({ clientId, form, headers }) {
    form.set('client_id', clientId)
    headers['x-proof'] = 'marker-proof'
    return { method: 'client_secret_post', accepted() {}, refused: async () => false }
  },
  changed: async () => false
}

function failing(authenticate: () => Promise<never>): ClientAuthentication {
  return { ...inForm, method: 'client_secret_basic', authenticate }
}

function lost(authorizationServer: () => Promise<never>): AuthorizationServerSource {
  return { authorizationServer, rediscover: authorizationServer }
}

/** A server that gives `members` beside a good token, and the source that asks it. */
async function road(members: object = {}, options: Partial<TokenEndpointOptions> = {}) {
  const server = await rawServer(({ socket }) => void socket.write(http(JSON.stringify(good(members)))))
  return { server, ...source(server, options) }
}

function source({ origin }: Pick<RawServer, 'origin'>, options: Partial<TokenEndpointOptions> = {}) {
  const clock = manualClock({ now: 1_000_000 })
  const events: unknown[][] = []
  const emit: Emit = (name, event) => void events.push([name, event])
  const wire = sender({ clock })
  onTestFinished(() => wire.close())
  const server = knownServer(serverAt(`${origin}/token?tenant='a'`, undefined))
  const times = { timeout: 10_000, defaultLifetime: 300_000 }
  const fields = {
    clientId: 'order-service',
    server,
    clientAuthentication: inForm,
    sender: wire,
    clock,
    emit,
    ...times
  }
  return { clock, events, source: tokenEndpoint({ ...fields, ...options }) }
}

test('C1 C5 C6 C9 C12 a token request is an authenticated POST of a form, to the URL as it was given', async () => {
  const { server, source } = await road()
  await source.token(request)
  const [head, body] = (await server.next()).text.split('\r\n\r\n')
  expect(head).toMatch(/^POST \/token\?tenant='a' HTTP\/1\.1\r\n/)
  expect(head?.toLowerCase()).toContain('\r\ncontent-type: application/x-www-form-urlencoded\r\n')
  expect(head?.toLowerCase()).toContain('\r\nx-proof: marker-proof')
  expect(body).toBe(
    'grant_type=client_credentials&scope=read+write&audience=api&resource=https%3A%2F%2Fr%2F&client_id=order-service'
  )
})

test('K13 life counts from before the request was sent', async () => {
  const server = await rawServer()
  const { source: slow, clock } = source(server)
  const token = slow.token(request)
  const { socket } = await server.next()
  await clock.advance(4000)
  socket.write(http(JSON.stringify(good({ expires_in: 60 }))))
  expect(await token).toMatchObject({ value: 'marker-token', obtainedAt: 1_000_000, expiresAt: 1_060_000 })
})

const asked = { scope: ['read', 'write'], audience: 'api', resource: ['https://r/'] }

test('T24 a server that does not say how long gets the default lifetime, and a warning', async () => {
  const { source, events } = await road({ expires_in: undefined })
  expect(await source.token(request)).toMatchObject({ expiresAt: 1_300_000 })
  expect(events).toEqual([['warning', { ...asked, code: 'expiry_missing', message: expect.any(String) }]])
})

test('T19 T30 each small deviation is one warning', async () => {
  const { source, events } = await road({ token_type: undefined, expires_in: 1e9 })
  await source.token(request)
  expect(events).toMatchObject([
    ['warning', { code: 'token_type_missing' }],
    ['warning', { code: 'expiry_clamped' }]
  ])
})

test.each([86_401, 1e12, 2_147_483_648])(
  'T30 T32 a token that lives for %i seconds is kept for 24 hours',
  async (seconds) => {
    const { source } = await road({ expires_in: seconds })
    expect(await source.token(request)).toMatchObject({ expiresAt: 1_000_000 + 86_400_000 })
  }
)

test('W12 a token that comes again ends when it was first said to end, and 0 ends it now', async () => {
  const lives = [60, 60, undefined, 0, 60]
  const server = await rawServer(
    ({ socket }, index) => void socket.write(http(JSON.stringify(good({ expires_in: lives[index] }))))
  )
  const { source: tokens, clock } = source(server)
  const ends = []
  for (const _ of lives) {
    ends.push((await tokens.token(request)).expiresAt)
    await clock.advance(10_000)
  }
  const end = 1_060_000
  expect(ends).toEqual([end, end, end, 1_030_000, 1_040_000])
})

test.each(['0', '00', 0.4, -0])('W12 an expires_in of %j ends a token that is known as well', async (life) => {
  const server = await rawServer(
    ({ socket }, index) => void socket.write(http(JSON.stringify(good({ expires_in: [60, life][index] }))))
  )
  const { source: tokens, clock } = source(server)
  await tokens.token(request)
  await clock.advance(10_000)
  expect((await tokens.token(request)).expiresAt).toBe(1_010_000)
})

test('W12 a token that comes again for another scope ends when it was first said to end', async () => {
  const server = await rawServer(
    ({ socket }, index) => void socket.write(http(JSON.stringify(good({ expires_in: [60, 3600][index] }))))
  )
  const { source: tokens, clock } = source(server)
  await tokens.token(request)
  await clock.advance(10_000)
  expect((await tokens.token(tokenRequest({ scope: ['admin'] }))).expiresAt).toBe(1_060_000)
})

test('C11 a server that names no scope granted what was asked for', async () => {
  const { source, events } = await road()
  expect(await source.token(request)).toMatchObject({ scope: ['read', 'write'] })
  expect(events).toEqual([])
})

test('C11 the order of the granted scope causes no event', async () => {
  const { source, events } = await road({ scope: 'write read' })
  expect(await source.token(request)).toMatchObject({ scope: ['write', 'read'] })
  expect(events).toEqual([])
})

test.each([
  ['read', ['read']],
  ['READ write', ['READ', 'write']],
  ['', []]
])('T34 T35 C11 the granted scope %j is narrower: the token has it, and an event says so', async (scope, granted) => {
  const { source, events } = await road({ scope })
  expect(await source.token(request)).toMatchObject({ scope: granted })
  expect(events).toContainEqual(['scope-narrowed', { ...asked, asked: ['read', 'write'], granted }])
})

test('T36 a wider scope is taken, with a warning', async () => {
  const { source, events } = await road({ scope: 'read write admin' })
  expect(await source.token(request)).toMatchObject({ scope: ['read', 'write', 'admin'] })
  expect(events).toEqual([['warning', { ...asked, code: 'scope_widened', message: expect.any(String) }]])
})

test('T36 the default scope of a server that was asked for none causes no event', async () => {
  const { source, events } = await road({ scope: 'read' })
  expect(await source.token(tokenRequest({}))).toMatchObject({ scope: ['read'] })
  expect(events).toEqual([])
})

test('Q21 a secret that never comes ends with the attempt, which has half of the timeout, and nothing goes out afterwards', async () => {
  let release = () => {}
  const never = new Promise<never>((_, reject) => {
    release = reject
  })
  const { server, source, clock } = await road({}, { clientAuthentication: failing(() => never) })
  const outcome = expect(source.token(request)).rejects.toMatchObject({
    code: 'ERR_SECRET_UNAVAILABLE',
    transient: true,
    message: 'No token came within 5000 ms: the credential for client_secret_basic did not arrive in time.'
  })
  await clock.advance(5000)
  await outcome
  release()
  await clock.advance(0)
  expect(server.connections).toHaveLength(0)
  expect(clock.timers).toBe(0)
})

test('Q21 metadata that never come end with the attempt', async () => {
  const { source, clock } = await road({}, { server: lost(() => new Promise(() => {})) })
  const outcome = expect(source.token(request, { maxWait: 70 })).rejects.toMatchObject({
    code: 'ERR_TIMEOUT',
    message: "No token came within 70 ms: the authorization server's metadata did not arrive in time."
  })
  await clock.advance(70)
  await outcome
})

test('T11 T75 an answer that does not come in time ends with the attempt', async () => {
  const server = await rawServer()
  const { source: silent, clock } = source(server)
  const outcome = expect(silent.token(request, { maxWait: 70 })).rejects.toMatchObject({
    code: 'ERR_TIMEOUT',
    message: `No token came within 70 ms: an answer of ${new URL(server.origin).host} did not arrive in time.`
  })
  await server.next()
  await clock.advance(70)
  await outcome
})

test('Q21 P3 one who leaves a credential that never comes leaves no timer behind', async () => {
  const { source, clock } = await road({}, { clientAuthentication: failing(() => new Promise(() => {})) })
  const leaving = new AbortController()
  const outcome = expect(source.token(request, { signal: leaving.signal })).rejects.toBe('left')
  await clock.advance(1000)
  leaving.abort('left')
  await outcome
  expect(clock.timers).toBe(0)
})

test('a signal ends the attempt with its own reason', async () => {
  const server = await rawServer()
  const leaving = new AbortController()
  const outcome = expect(source(server).source.token(request, { signal: leaving.signal })).rejects.toBe('left')
  await server.next()
  leaving.abort('left')
  await outcome
})

test.each([
  ['rejects', () => Promise.reject(Object.assign(new Error('vault is sealed'), { code: 'EACCES', body: 'marker' }))],
  [
    'throws at once',
    () => {
      throw Object.assign(new Error('vault is sealed'), { code: 'EACCES', body: 'marker' })
    }
  ]
])(
  'Q22 F-rule-5 a secret supplier that %s is ERR_SECRET_UNAVAILABLE, with a cause that carries nothing',
  async (_, authenticate) => {
    const { source } = await road({}, { clientAuthentication: failing(authenticate) })
    const error = await Promise.resolve(source.token(request)).catch((reason) => reason)
    expect(error).toMatchObject({
      code: 'ERR_SECRET_UNAVAILABLE',
      transient: true,
      cause: { message: 'vault is sealed', code: 'EACCES' }
    })
    expect(inspect(error, { showHidden: true })).not.toContain('marker')
  }
)

test('X11 a supplier that throws the secret itself does not get it printed', async () => {
  const authenticate = () => Promise.reject('marker-secret')
  const { source } = await road({}, { clientAuthentication: failing(authenticate) })
  const error = await Promise.resolve(source.token(request)).catch((reason) => reason)
  expect(error.code).toBe('ERR_SECRET_UNAVAILABLE')
  expect(inspect(error, { showHidden: true })).not.toContain('marker-secret')
})

test('an error of ours from client authentication or discovery stays what it is', async () => {
  const own = new TokenClientError('ERR_DISCOVERY_FAILED', 'no', { transient: true })
  const refused = { clientAuthentication: failing(() => Promise.reject(own)) }
  await expect((await road({}, refused)).source.token(request)).rejects.toBe(own)
  await expect((await road({}, { server: lost(() => Promise.reject(own)) })).source.token(request)).rejects.toBe(own)
})

test('X11 no failure of a refused request shows the secret or the token', async () => {
  const { source: refused } = await road({ error: 'invalid_client', error_description: 'marker-proof is wrong' })
  const error = await Promise.resolve(refused.token(request)).catch((reason) => reason)
  expect(error.code).toBe('ERR_INVALID_CLIENT')
  expect(inspect(error, { showHidden: true })).not.toContain('marker')
})
