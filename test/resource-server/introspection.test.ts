import { expect, test } from 'vitest'
import type { Faults } from '../../src/authorization-server/index.ts'
import { clientSecretBasic, clientSecretPost } from '../../src/index.ts'
import { acceptMissingAudience, accessTokenVerifier, authenticated, scopes } from '../../src/resource-server/index.ts'
import { audience } from './issuer.ts'
import { road } from './verifier-road.ts'

const minute = 60_000
const introspection = { clientId: 'users', clientAuthentication: clientSecretBasic('users-secret') }

function opaqueRoad() {
  return road({ accessTokenFormat: 'opaque' }, { introspection })
}

test.each([clientSecretBasic, clientSecretPost])(
  'R31 an opaque token is asked about, by a client that proves who it is',
  async (method) => {
    const clientAuthentication = method('users-secret')
    const asking = { introspection: { clientId: 'users', clientAuthentication } }
    const { server, verifier, authorization } = await road({ accessTokenFormat: 'opaque' }, asking)
    expect(await verifier.verify(await authorization())).toMatchObject({
      issuer: server.issuer,
      clientId: 'orders',
      subject: 'orders',
      audience: [audience],
      scope: ['read_user']
    })
    expect(server.requests.latest.at(-1)).toMatchObject({ endpoint: 'introspection', clientId: 'users' })
  }
)

test('R31 an opaque token is refused without introspection', async () => {
  const { verifier, authorization } = await road({ accessTokenFormat: 'opaque' })
  await expect(verifier.verify(await authorization())).rejects.toMatchObject({ reason: 'malformed' })
})

test('R31 a signed token is verified here although others are asked about', async () => {
  const { server, verifier, authorization } = await road({}, { introspection })
  await verifier.verify(await authorization())
  expect(server.requests.count('introspection')).toBe(0)
})

test('R31 keys are not fetched for an opaque token, and the endpoint may be given', async () => {
  const { server, clock, authorization } = await opaqueRoad()
  const given = { ...introspection, endpoint: server.introspectionEndpoint }
  const verifier = accessTokenVerifier({ issuer: server.issuer, audience, clock, introspection: given })
  await verifier.verify(await authorization())
  await verifier.close()
  expect([server.requests.count('metadata'), server.requests.count('jwks')]).toEqual([0, 0])
})

test.each<[string, Record<string, unknown>, string]>([
  ['R32 active as text', { active: 'true' }, 'inactive'],
  ['R32 active as a number', { active: 1 }, 'inactive'],
  ['R32 active as a list', { active: [true] }, 'inactive'],
  ['R32 no active at all', { active: undefined }, 'inactive'],
  ['R32 not active', { active: false }, 'inactive'],
  ['R9 another issuer', { iss: 'https://evil.internal' }, 'wrong_issuer'],
  ['R9 an issuer that is an object', { iss: {} }, 'wrong_issuer'],
  ['R10 another audience', { aud: 'https://other.internal' }, 'wrong_audience'],
  ['R10 no audience', { aud: undefined }, 'missing_claim'],
  ['R12 an end that is over', { exp: 1 }, 'expired'],
  ['R12 no end', { exp: undefined }, 'missing_claim'],
  ['R30 a beginning to come', { nbf: 4e9 }, 'not_yet_valid'],
  ['R14 no client', { client_id: undefined }, 'missing_claim'],
  ['R14 a subject that is a number', { sub: 1 }, 'missing_claim'],
  ['R37 a token that is not for bearers', { token_type: 'DPoP' }, 'unknown_binding'],
  ['R37 a token that is bound to a key', { cnf: { jkt: 'x' } }, 'unknown_binding']
])('%s in the answer refuses the token', async (_what, members, reason) => {
  const { server, verifier, authorization } = await opaqueRoad()
  server.faults.alter({ members }, { at: 'introspection' })
  await expect(verifier.verify(await authorization())).rejects.toMatchObject({ reason, status: 401 })
})

test('R14 an answer without subject and issuer is about the client, at the issuer that was asked', async () => {
  const { server, verifier, authorization } = await opaqueRoad()
  server.faults.alter({ members: { sub: undefined, iss: undefined, token_type: undefined } }, { at: 'introspection' })
  expect(await verifier.verify(await authorization())).toMatchObject({ subject: 'orders', issuer: server.issuer })
})

test.each<[string, (faults: Faults) => void]>([
  ['an error', (faults) => faults.answer({ status: 500 }, { at: 'introspection' })],
  ['a refusal', (faults) => faults.answer({ status: 401, body: { active: true } }, { at: 'introspection' })],
  ['a redirect', (faults) => faults.redirect('https://evil.internal/', 307, { at: 'introspection' })],
  ['a page', (faults) => faults.answer({ body: '<html>' }, { at: 'introspection' })],
  [
    'text that only looks like JSON',
    (faults) => faults.alter({ headers: { 'content-type': 'text/html' } }, { at: 'introspection' })
  ],
  ['a list', (faults) => faults.answer({ body: [{ active: true }] }, { at: 'introspection' })],
  [
    'two answers in one',
    (faults) => faults.answer({ body: '{"active":false,"active":true}' }, { at: 'introspection' })
  ],
  ['a reset', (faults) => faults.reset({ at: 'introspection' })],
  ['a body cut off', (faults) => faults.resetAtByte(20, { at: 'introspection' })],
  ['a server that is down', (faults) => faults.down()]
])('R33 %s is not an approval, and is not cached', async (_what, fail) => {
  const { server, verifier, authorization } = await opaqueRoad()
  const token = await authorization()
  fail(server.faults)
  await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'ERR_INTROSPECTION_FAILED', transient: true })
  server.faults.clear()
  expect((await verifier.verify(token)).clientId).toBe('orders')
})

test('R33 an answer that does not come is waited for five seconds', async () => {
  const { clock, server, verifier, authorization } = await opaqueRoad()
  const token = await authorization()
  server.faults.hang({ at: 'introspection' })
  const refusal = expect(verifier.verify(token)).rejects.toMatchObject({ cause: { code: 'ERR_TIMEOUT' } })
  while (server.requests.count('introspection') === 0) await new Promise((resolve) => setImmediate(resolve))
  await clock.advance(5000)
  await refusal
})

test('R33 Q21 a secret that never comes is waited for no longer', async () => {
  let asked = false
  const never = () => {
    asked = true
    return new Promise<string>(() => {})
  }
  const clientAuthentication = clientSecretBasic(never)
  const asking = { introspection: { clientId: 'users', clientAuthentication } }
  const { clock, verifier, authorization } = await road({ accessTokenFormat: 'opaque' }, asking)
  const refusal = expect(verifier.verify(await authorization())).rejects.toMatchObject({
    code: 'ERR_INTROSPECTION_FAILED',
    cause: { code: 'ERR_SECRET_UNAVAILABLE' }
  })
  while (!asked) await new Promise((resolve) => setImmediate(resolve))
  await clock.advance(5000)
  await refusal
})

test('R33 a token is asked about once a minute, by one request for all, and a revocation counts then', async () => {
  const { clock, server, verifier, authorization } = await opaqueRoad()
  const token = await authorization()
  await Promise.all(Array.from({ length: 20 }, () => verifier.verify(token)))
  await clock.advance(minute - 1)
  server.revoke(token.replace('Bearer ', ''))
  await verifier.verify(token)
  expect(server.requests.count('introspection')).toBe(1)
  await clock.advance(1)
  await expect(verifier.verify(token)).rejects.toMatchObject({ reason: 'inactive' })
  await expect(verifier.verify(token)).rejects.toMatchObject({ reason: 'inactive' })
  expect(server.requests.count('introspection')).toBe(2)
})

test('R33 a token that is not active is asked about once in ten seconds, however often it comes', async () => {
  const { clock, server, verifier } = await opaqueRoad()
  for (let calls = 0; calls < 50; calls++)
    await expect(verifier.verify('Bearer made-up')).rejects.toMatchObject({ reason: 'inactive' })
  expect(server.requests.count('introspection')).toBe(1)
  await expect(verifier.verify('Bearer another')).rejects.toMatchObject({ reason: 'inactive' })
  await clock.advance(10_000)
  await expect(verifier.verify('Bearer made-up')).rejects.toMatchObject({ reason: 'inactive' })
  expect(server.requests.count('introspection')).toBe(3)
})

test.each(['Bearer', 'bearer', 'access_token', 'urn:ietf:params:oauth:token-type:access_token'])(
  'R32 the token type %s is no binding',
  async (type) => {
    const { server, verifier, authorization } = await opaqueRoad()
    server.faults.alter({ members: { token_type: type, token_use: 'access_token' } }, { at: 'introspection' })
    expect((await verifier.verify(await authorization())).clientId).toBe('orders')
  }
)

test.each([
  ['a refresh token', { token_use: 'refresh_token' }, 'wrong_type'],
  ['a refresh token by its type', { token_type: 'refresh_token' }, 'wrong_type'],
  ['an ID token', { token_type: 'urn:ietf:params:oauth:token-type:id_token' }, 'wrong_type'],
  ['a token for message authentication', { token_type: 'mac' }, 'unknown_binding'],
  ['a type that is no text', { token_type: {} }, 'unknown_binding']
])('R26 %s that is active is no access token', async (_what, members, reason) => {
  const { server, verifier, authorization } = await opaqueRoad()
  server.faults.alter({ members }, { at: 'introspection' })
  await expect(verifier.verify(await authorization())).rejects.toMatchObject({ reason })
})

test('R10 an answer without an audience is accepted only with the symbol, and then a rule must require a scope', async () => {
  const { server, authorization, clock } = await opaqueRoad()
  server.faults.alter({ members: { aud: undefined } }, { at: 'introspection' })
  const options = { issuer: server.issuer, audience, clock, introspection, [acceptMissingAudience]: true }
  const verifier = accessTokenVerifier(options)
  expect((await verifier.authorize(await authorization(), scopes('read_user'))).audience).toEqual([])
  await expect(verifier.authorize(await authorization(), authenticated())).rejects.toThrow(/does not require a scope/)
  await verifier.close()
})

test('R31 signed tokens are asked about too by choice, so that a revocation counts for them', async () => {
  const { server, clock, authorization } = await road()
  const options = { issuer: server.issuer, audience, clock, introspection: { ...introspection, always: true } }
  const verifier = accessTokenVerifier(options)
  const token = await authorization()
  expect((await verifier.verify(token)).clientId).toBe('orders')
  server.revoke(token.replace('Bearer ', ''))
  await clock.advance(minute)
  await expect(verifier.verify(token)).rejects.toMatchObject({ reason: 'inactive' })
  expect([server.requests.count('introspection'), server.requests.count('jwks')]).toEqual([2, 0])
  await verifier.close()
})

test('R33 nothing is cached if caching is off, and never beyond the expiry', async () => {
  const always = { introspection: { ...introspection, keepFor: 0 } }
  const { server, verifier, authorization } = await road({ accessTokenFormat: 'opaque' }, always)
  const token = await authorization()
  await verifier.verify(token)
  await verifier.verify(token)
  expect(server.requests.count('introspection')).toBe(2)

  const short = await road({ accessTokenFormat: 'opaque', accessTokenLifetime: 10_000 }, { introspection })
  const ending = await short.authorization()
  await short.verifier.verify(ending)
  await short.clock.advance(10_000)
  await expect(short.verifier.verify(ending)).rejects.toMatchObject({ reason: 'inactive' })
})
