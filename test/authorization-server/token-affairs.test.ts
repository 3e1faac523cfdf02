import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import { manualClock } from '../../src/testing/index.ts'
import { basic, billing, post, serverForTest } from './server.ts'

const asBilling = { authorization: basic(billing.clientId, billing.clientSecret) }

async function newToken(tokenEndpoint: string): Promise<string> {
  const { access_token: token } = (await (await post(tokenEndpoint)).json()) as { access_token: string }
  return token
}

async function introspect(url: string, token: string) {
  const response = await post(url, { token }, asBilling)
  expect(response.headers.get('cache-control')).toBe('no-store')
  return response.json()
}

test.each(['jwt', 'opaque'] as const)('A8 R31 the server tells a known client what a %s token says', async (format) => {
  const { issuer, tokenEndpoint, introspectionEndpoint } = await serverForTest({ accessTokenFormat: format })
  expect(await introspect(introspectionEndpoint, await newToken(tokenEndpoint))).toEqual({
    active: true,
    token_type: 'Bearer',
    iss: issuer,
    sub: 'orders',
    client_id: 'orders',
    aud: 'https://users.internal',
    iat: expect.any(Number),
    exp: expect.any(Number),
    jti: expect.any(String),
    scope: 'read_user write_user',
    roles: ['reader']
  })
})

test('A8 for an inactive token the server says only that it is inactive', async () => {
  const clock = manualClock()
  const { tokenEndpoint, introspectionEndpoint, revoke, clients } = await serverForTest({ clock })
  const [revoked, ended] = [await newToken(tokenEndpoint), await newToken(tokenEndpoint)]
  revoke(revoked)
  expect(await introspect(introspectionEndpoint, revoked)).toEqual({ active: false })
  expect(await introspect(introspectionEndpoint, 'unknown')).toEqual({ active: false })
  expect(await introspect(introspectionEndpoint, ended)).toMatchObject({ active: true })
  clients.change('orders', { enabled: false })
  expect(await introspect(introspectionEndpoint, ended)).toEqual({ active: false })
  clients.change('orders', { enabled: true })
  await clock.advance(12 * 60 * 60 * 1000)
  expect(await introspect(introspectionEndpoint, ended)).toEqual({ active: false })
})

test('A8 only authenticated clients can introspect or revoke tokens', async () => {
  const { tokenEndpoint, introspectionEndpoint, revocationEndpoint } = await serverForTest()
  const token = await newToken(tokenEndpoint)
  for (const endpoint of [introspectionEndpoint, revocationEndpoint]) {
    expect(await (await post(endpoint, { token }, {})).json()).toMatchObject({ error: 'invalid_client' })
    expect(await (await post(endpoint, {}, asBilling)).json()).toMatchObject({ error: 'invalid_request' })
    expect((await fetch(`${endpoint}?token=${token}`)).status).toBe(405)
  }
  expect(await introspect(introspectionEndpoint, token)).toMatchObject({ active: true })
})

test('A8 only the client of a token can revoke it', async () => {
  const { tokenEndpoint, introspectionEndpoint, revocationEndpoint, requests } = await serverForTest()
  const token = await newToken(tokenEndpoint)
  expect((await post(revocationEndpoint, { token }, asBilling)).status).toBe(400)
  expect(await introspect(introspectionEndpoint, token)).toMatchObject({ active: true })
  expect((await post(revocationEndpoint, { token, token_type_hint: 'refresh_token' })).status).toBe(200)
  expect(await introspect(introspectionEndpoint, token)).toEqual({ active: false })
  expect((await post(revocationEndpoint, { token: 'unknown' })).status).toBe(200)
  expect([requests.count('introspection'), requests.count('revocation')]).toEqual([2, 3])
})

test('A10 after a rotation new tokens have a new key, and the old key stays until its overlap is over', async () => {
  const clock = manualClock()
  const { tokenEndpoint, jwksUri, rotateKeys } = await serverForTest({ clock })
  const currentDate = new Date(clock.wallTime())
  // A new key set each time, because jose caches the fetched keys.
  const verify = (token: string) => jwtVerify(token, createRemoteJWKSet(new URL(jwksUri)), { currentDate })
  const old = await newToken(tokenEndpoint)
  await rotateKeys({ overlap: 60_000 })
  const fresh = await newToken(tokenEndpoint)
  expect(decodeProtectedHeader(fresh).kid).not.toBe(decodeProtectedHeader(old).kid)
  await verify(old)
  await verify(fresh)
  await clock.advance(60_000)
  await expect(verify(old)).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' })
  await verify(fresh)
})

test('A10 N7 after a rotation without overlap, the key of all issued tokens is gone', async () => {
  const { tokenEndpoint, jwksUri, rotateKeys } = await serverForTest()
  const old = await newToken(tokenEndpoint)
  await rotateKeys({ overlap: 0 })
  await expect(jwtVerify(old, createRemoteJWKSet(new URL(jwksUri)))).rejects.toThrow()
})

test('A10 the overlap is as long as tokens live, unless it is given', async () => {
  const clock = manualClock()
  const { jwksUri, rotateKeys } = await serverForTest({ clock })
  const published = async () => ((await (await fetch(jwksUri)).json()) as { keys: object[] }).keys.length
  await rotateKeys()
  await clock.advance(12 * 60 * 60 * 1000 - 1)
  expect(await published()).toBe(2)
  await clock.advance(1)
  expect(await published()).toBe(1)
})
