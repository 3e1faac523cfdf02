import { networkInterfaces } from 'node:os'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startAuthorizationServer } from '../../src/authorization-server/index.ts'
import { manualClock } from '../../src/testing/index.ts'
import { adminServer, bareRequest } from './admin.ts'

const adminSecret = 'marker-admin-secret-1'
const json = { 'content-type': 'application/json' }

describe('only this machine, and no page of another site, can use /admin', () => {
  test.each<[string, Record<string, string>, number]>([
    ['its address', {}, 200],
    ['localhost', { host: 'localhost:1' }, 200],
    ['the loopback address of IPv6', { host: '[::1]:80' }, 200],
    ['a name in capitals', { host: 'LOCALHOST' }, 200],
    ['the name of the issuer', { host: 'auth.internal' }, 200],
    ['a name that was bound to loopback (DNS rebinding)', { host: 'attacker.test' }, 403],
    ['a name that begins as ours', { host: '127.0.0.1.attacker.test' }, 403],
    ['a name with a user in front', { host: 'localhost@attacker.test' }, 403],
    ['an address of the network', { host: '192.168.7.7' }, 403],
    ['no name', { host: '/' }, 403]
  ])('Host: %s', async (_what, headers, status) => {
    const { tokenEndpoint } = await adminServer({ issuer: 'https://auth.internal/dev' })
    const answer = await bareRequest(new URL('/admin/api/overview', tokenEndpoint).href, headers)
    expect(answer.status).toBe(status)
    if (status === 403) expect(JSON.parse(answer.body)).toMatchObject({ error: 'foreign_host' })
  })

  test.each<[string, Record<string, string>, number]>([
    ['its own page', { origin: 'http://OWN' }, 200],
    ['its own page behind TLS', { origin: 'https://OWN' }, 200],
    ['the page of another site', { origin: 'https://attacker.test' }, 403],
    ['another port of this machine', { origin: 'http://127.0.0.1:1' }, 403],
    ['null, as a sandbox and a data: URL have it', { origin: 'null' }, 403],
    ['none, and the browser says cross-site', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }, 403],
    ['none, and the browser says same-site', { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' }, 403],
    ['none, and the browser says same-origin', { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' }, 200],
    ['none, from the address bar', { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' }, 200]
  ])('Origin: %s', async (_what, headers, status) => {
    const { issuer } = await adminServer()
    const own = Object.entries(headers).map(([name, value]) => [name, value.replace('OWN', new URL(issuer).host)])
    const answer = await bareRequest(`${issuer}/admin/api/overview`, Object.fromEntries(own))
    expect(answer.status).toBe(status)
  })

  test('the page of another site changes nothing, whatever it sends', async () => {
    const { issuer, registry } = await adminServer()
    const before = registry.current
    for (const origin of ['https://attacker.test', 'null'])
      for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded']) {
        const headers = { origin, 'content-type': type }
        const answer = await bareRequest(`${issuer}/admin/api/clients/billing`, headers, 'DELETE', '{}')
        expect(answer.status).toBe(403)
      }
    expect(registry.current).toBe(before)
  })

  test('no answer of /admin lets a script of another site read it', async () => {
    const { issuer } = await adminServer()
    const headers = { origin: 'https://attacker.test', 'access-control-request-method': 'PUT' }
    const preflight = await bareRequest(`${issuer}/admin/api/clock`, headers, 'OPTIONS')
    expect(preflight.status).toBe(403)
    for (const name of [
      ...Object.keys(preflight.headers),
      ...Object.keys((await bareRequest(`${issuer}/admin/api/overview`, {})).headers)
    ])
      expect(name).not.toMatch(/^access-control/)
  })

  test('GET and HEAD change nothing, at no place', async () => {
    const { admin, overview, issuer } = await adminServer()
    const { body } = await admin('GET /openapi.json')
    const before = JSON.stringify({ ...overview(), now: 0 })
    for (const path of Object.keys(body.paths))
      for (const method of ['GET', 'HEAD'])
        await bareRequest(`${issuer}${path.replaceAll(/\{\w+\}/g, 'billing')}`, {}, method)
    expect(JSON.stringify({ ...overview(), now: 0 })).toBe(before)
  })
})

describe('with an admin secret', () => {
  const calls: [string, Record<string, string>, number][] = [
    ['nothing', {}, 401],
    ['the secret', { authorization: `Bearer ${adminSecret}` }, 200],
    ['the secret under a scheme in capitals', { authorization: `BEARER ${adminSecret}` }, 200],
    ['another secret', { authorization: `Bearer ${adminSecret}2` }, 401],
    ['another scheme', { authorization: `Basic ${adminSecret}` }, 401],
    ['a session that nobody opened', { cookie: 'service-token-admin-1=x' }, 401]
  ]

  test.each(calls)('%s', async (_what, headers, status) => {
    const { admin } = await adminServer({ adminSecret })
    const answer = await admin('GET /overview', undefined, headers)
    expect(answer.status).toBe(status)
    if (status === 401) expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="admin"')
    expect(JSON.stringify(answer.body)).not.toContain('marker-admin')
  })

  test('a session is opened with the secret, kept in a cookie that scripts and other sites do not see, and ended', async () => {
    const clock = manualClock()
    const { admin, issuer } = await adminServer({ adminSecret, clock })
    expect((await admin('POST /session', { secret: 'wrong' })).status).toBe(401)
    expect((await admin('POST /session', { secret: 7 })).status).toBe(401)
    const opened = await admin('POST /session', { secret: adminSecret })
    expect(opened.status).toBe(204)
    const cookie = opened.headers.get('set-cookie') ?? ''
    const { port } = new URL(issuer)
    expect(cookie).toMatch(
      new RegExp(`^service-token-admin-${port}=[\\w-]{43}; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict$`)
    )
    expect(cookie).not.toContain(adminSecret)
    const headers = { cookie: `other=1; ${cookie.split(';')[0]}` }
    expect((await admin('GET /overview', undefined, headers)).status).toBe(200)
    expect((await admin('DELETE /session', undefined, headers)).headers.get('set-cookie')).toMatch(/Max-Age=0/)
    expect((await admin('GET /overview', undefined, headers)).status).toBe(401)
    const again = {
      cookie: (await admin('POST /session', { secret: adminSecret })).headers.get('set-cookie')?.split(';')[0] ?? ''
    }
    await clock.advance(12 * 3_600_000)
    expect((await admin('GET /overview', undefined, again)).status).toBe(401)
  })

  test('after twenty wrong secrets all attempts are refused for the rest of the minute', async () => {
    const clock = manualClock()
    const { admin } = await adminServer({ adminSecret, clock })
    const guess = (secret: string) => admin('GET /overview', undefined, { authorization: `Bearer ${secret}` })
    for (let guesses = 0; guesses < 20; guesses++) expect((await guess('wrong')).status).toBe(401)
    const refused = await guess(adminSecret)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '60'])
    await clock.advance(60_000)
    expect((await guess(adminSecret)).status).toBe(200)
  })

  test('the token endpoint needs no admin secret', async () => {
    const { ask } = await adminServer({ adminSecret })
    expect(await ask('billing')).toHaveProperty('access_token')
  })
})

test('a server that listens everywhere is called by the addresses of its machine and by its issuer, and tells others its issuer’s origin', async () => {
  const server = await startAuthorizationServer({
    clients: [],
    host: '0.0.0.0',
    adminSecret,
    issuer: 'http://auth:9400'
  })
  onTestFinished(server.close)
  expect(server.tokenEndpoint).toBe('http://auth:9400/token')
  const { close: _, ...shown } = server
  expect(JSON.stringify(shown)).not.toContain('0.0.0.0')
})

test('a server that listens everywhere is reached by each address of the machine', async () => {
  const server = await startAuthorizationServer({ clients: [], host: '0.0.0.0', adminSecret })
  onTestFinished(server.close)
  const { port } = new URL(server.tokenEndpoint)
  const addresses = Object.values(networkInterfaces()).flatMap((all = []) => all)
  const headers = { ...json, authorization: `Bearer ${adminSecret}` }
  for (const { address } of addresses.filter(({ family }) => family === 'IPv4'))
    expect((await bareRequest(`http://${address}:${port}/admin/api/overview`, headers)).status).toBe(200)
  const foreign = await bareRequest(`http://127.0.0.1:${port}/admin/api/overview`, {
    ...headers,
    host: 'attacker.test'
  })
  expect(foreign.status).toBe(403)
})

test('a port that is taken, and an address that is another machine’s, are errors that say so', async () => {
  const { tokenEndpoint } = await adminServer()
  const port = Number(new URL(tokenEndpoint).port)
  await expect(startAuthorizationServer({ clients: [], port })).rejects.toThrow(/is taken by another process/)
  const elsewhere = { clients: [], host: '192.0.2.1', adminSecret }
  await expect(startAuthorizationServer(elsewhere)).rejects.toThrow(/192\.0\.2\.1 is not an address of this machine/)
})
