import { expect, test } from 'vitest'
import { adminServer, bareRequest } from './admin.ts'

const origin = 'http://localhost:3000'
const preflight = { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' }

test('without the option, pages of other sites cannot read any answer', async () => {
  const { jwksUri, tokenEndpoint } = await adminServer()
  expect(Object.keys((await bareRequest(jwksUri, { origin })).headers).join()).not.toContain('access-control')
  expect((await bareRequest(tokenEndpoint, preflight, 'OPTIONS')).status).toBe(405)
})

test('an origin that is allowed may read every answer of the endpoints, a refusal and a fault too, and no other may', async () => {
  const { jwksUri, tokenEndpoint, faults } = await adminServer({ cors: [origin] })
  const asked = await bareRequest(tokenEndpoint, preflight, 'OPTIONS')
  expect([asked.status, asked.headers]).toMatchObject([
    204,
    {
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': 'authorization, content-type, dpop',
      vary: 'origin'
    }
  ])
  const allowed = async (url: string, from: string, method = 'GET') =>
    (await bareRequest(url, { origin: from }, method)).headers['access-control-allow-origin']
  expect(await allowed(jwksUri, origin)).toBe(origin)
  expect(await allowed(tokenEndpoint, origin, 'POST')).toBe(origin)
  faults.answer({ status: 503 })
  expect(await allowed(tokenEndpoint, origin, 'POST')).toBe(origin)
  expect(await allowed(jwksUri, 'http://localhost:3001')).toBeUndefined()
})

test('all origins can be allowed, but never for the admin API', async () => {
  const { jwksUri, issuer } = await adminServer({ cors: ['*'] })
  expect((await bareRequest(jwksUri, { origin: 'https://anywhere.test' })).headers['access-control-allow-origin']).toBe(
    '*'
  )
  for (const path of ['/admin/api/overview', '/', '/health'])
    for (const method of ['GET', 'OPTIONS'])
      expect(Object.keys((await bareRequest(issuer + path, preflight, method)).headers).join()).not.toContain(
        'access-control'
      )
})

test('documents can be asked for with HEAD', async () => {
  const { jwksUri, issuer, tokenEndpoint } = await adminServer()
  for (const url of [jwksUri, `${issuer}/.well-known/openid-configuration`]) {
    const head = await bareRequest(url, {}, 'HEAD')
    expect([head.status, head.body]).toEqual([200, ''])
    expect(Number(head.headers['content-length'])).toBeGreaterThan(50)
  }
  expect((await bareRequest(tokenEndpoint, {}, 'HEAD')).status).toBe(405)
  expect((await bareRequest(jwksUri, {}, 'POST')).headers.allow).toBe('GET, HEAD')
})
