import { decodeJwt } from 'jose'
import { expect, test } from 'vitest'
import { allowInsecureHttp, type HeadersOptions } from '../../src/index.ts'
import { clientSecret, demandingNonces, dpopRoad, provenRoad } from '../support/dpop-road.ts'
import { road } from '../support/road.ts'

const url = 'https://users.internal/users/7?part=name'

test('headers() shows a Bearer token alone, and counts as a call by hand', async () => {
  const { tokens } = await road()
  const { value } = await tokens.getToken()
  expect(await tokens.headers({ method: 'GET', url })).toEqual({ authorization: `Bearer ${value}` })
  expect(tokens.inventory().entries).toMatchObject([{ by: 'getToken', calls: 2 }])
})

test('C76 C81 headers() shows a DPoP token with a proof for each request, which a service takes', async () => {
  const { tokens, origin, statuses, seen } = await provenRoad()
  for (const method of ['GET', 'DELETE']) {
    const headers = await tokens.headers({ method, url: new URL(`${origin}/users/7?part=name`) })
    await fetch(`${origin}/users/7?part=name`, { method, headers: { ...headers } })
  }
  expect(statuses()).toEqual([200, 200])
  expect(seen[0]?.proof?.jti).not.toBe(seen[1]?.proof?.jti)
})

test.each([
  ['get', 'GET'],
  ['Patch', 'PATCH'],
  ['propfind', 'propfind']
])('C76 headers() proves %s as HTTP clients send it', async (method, htm) => {
  const { tokens } = await dpopRoad()
  const { dpop } = await tokens.headers({ method, url })
  expect(decodeJwt(dpop as string).htm).toBe(htm)
})

test('T48 C78 headers() takes the nonce of an answer, and keeps it for that origin', async () => {
  const { tokens, origin, statuses } = await provenRoad(demandingNonces)
  const call = { method: 'GET', url: origin } as const
  const send = async (options: HeadersOptions) => fetch(origin, { headers: { ...(await tokens.headers(options)) } })
  const nonce = (await send(call)).headers.get('dpop-nonce') as string
  await send({ ...call, nonce })
  await send(call)
  expect(statuses()).toEqual([401, 200, 200])
  const elsewhere = await tokens.headers({ method: 'GET', url })
  expect(decodeJwt(elsewhere.dpop as string)).not.toHaveProperty('nonce')
  const twice = await tokens.headers({ method: 'GET', url, nonce: 'a, b' })
  expect(decodeJwt(twice.dpop as string)).not.toHaveProperty('nonce')
})

test('headers() asks for the token that the call names, and leaves when the caller does', async () => {
  const { tokens } = await road()
  const { authorization } = await tokens.headers({ method: 'GET', url, scope: ['read_user'] })
  expect(authorization).toBe((await tokens.getToken({ scope: ['read_user'] })).authorization)
  await expect(tokens.headers({ method: 'GET', url, signal: AbortSignal.abort() })).rejects.toMatchObject({
    name: 'AbortError'
  })
})

test.each<[string, object, string]>([
  ['method', { url }, 'ERR_MISSING_OPTION'],
  ['method', { url, method: 'GET /' }, 'ERR_INVALID_OPTION'],
  ['url', { method: 'GET' }, 'ERR_MISSING_OPTION'],
  ['url', { method: 'GET', url: '/users' }, 'ERR_INVALID_OPTION'],
  ['url', { method: 'GET', url: 'https://user:pw@users.internal' }, 'ERR_INVALID_OPTION'],
  ['url', { method: 'GET', url: 'http://users.internal' }, 'ERR_INSECURE_ORIGIN'],
  ['nonce', { method: 'GET', url, nonce: 7 }, 'ERR_INVALID_OPTION'],
  ['query', { method: 'GET', url, query: {} }, 'ERR_UNKNOWN_OPTION'],
  ['scope', { method: 'GET', url, scope: [''] }, 'ERR_INVALID_OPTION']
])('headers() refuses a wrong %s: %o', async (name, options, code) => {
  const { tokens, tokenRequests } = await road()
  const error = await tokens.headers(options as HeadersOptions).catch((refusal) => refusal)
  expect(error).toMatchObject({ code, message: expect.stringContaining(`headers.${name}`) })
  expect(tokenRequests()).toBe(0)
})

test('headers() gives no token to a URL that has one in its query, and plain HTTP where it is allowed', async () => {
  const { tokens } = await road()
  const call = { method: 'GET', url: `https://users.internal/?access_token=${clientSecret}` }
  await expect(tokens.headers(call)).rejects.toMatchObject({ code: 'ERR_TOKEN_IN_QUERY' })
  const plain = { method: 'GET', url: 'http://users.internal', [allowInsecureHttp]: true }
  expect(await tokens.headers(plain)).toHaveProperty('authorization')
})
