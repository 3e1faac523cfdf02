import { decodeJwt, decodeProtectedHeader } from 'jose'
import { describe, expect, test } from 'vitest'
import { manualClock } from '../../src/testing/index.ts'
import { adminServer } from './admin.ts'
import { basic, post } from './server.ts'

const noSecret = (value: unknown) => expect(JSON.stringify(value)).not.toContain('marker-')

test('the overview says who may call whom, who did, and who was refused', async () => {
  const clock = manualClock()
  const { admin, ask, overview, issuer } = await adminServer({ clock })
  await ask('orders', { audience: 'billing', scope: 'charge' })
  await ask('billing', { audience: 'orders' })
  await ask('billing', { audience: 'users', scope: 'write_user' })
  const { status, body } = await admin('GET /overview')
  expect(status).toBe(200)
  expect(body).toMatchObject({
    issuer,
    services: [
      { name: 'users' },
      { name: 'billing', scopes: [{ name: 'charge', about: 'Take money' }, { name: 'refund' }] },
      { name: 'orders' }
    ],
    clients: [
      { clientId: 'shop', enabled: true },
      { clientId: 'orders' },
      { clientId: 'billing' },
      { clientId: 'nobody' }
    ],
    key: { algorithm: 'ES256', kid: expect.any(String) },
    faults: [],
    clockOffset: 0
  })
  const edges = Object.fromEntries(overview().edges.map((edge) => [`${edge.clientId} ${edge.service}`, edge]))
  expect(Object.keys(edges)).toEqual(['shop orders', 'orders users', 'orders billing', 'billing users'])
  expect(edges['orders billing']).toMatchObject({
    state: 'used',
    tokens: 1,
    tokensOut: 1,
    activeTokens: 1,
    lastEndsAt: clock.wallTime() + 43_200_000,
    scope: [
      { name: 'charge', granted: true, lastUsedAt: expect.any(Number) },
      { name: 'refund', granted: true, lastUsedAt: undefined }
    ]
  })
  expect(edges['orders users']).toMatchObject({
    state: 'unused',
    tokens: 0,
    tokensOut: 0,
    roles: [{ name: 'support' }]
  })
  expect(edges['billing users']).toMatchObject({ state: 'unused', refusals: 1 })
  noSecret(body)
})

test('a grant is given, previewed and withdrawn, and the next token follows', async () => {
  const { admin, ask } = await adminServer()
  const { body: before } = await admin('POST /clients/billing/grants/users/preview', {
    scope: ['read_user', 'write_user'],
    accessTokenLifetime: 60_000
  })
  expect(before).toMatchObject({
    today: { claims: { aud: 'https://users.internal', scope: 'read_user', life: '43200 s' } },
    next: { claims: { aud: 'https://users.internal', scope: 'read_user write_user', life: '60 s' } },
    tokensOut: 0
  })
  expect(await ask('billing')).toMatchObject({ scope: 'read_user' })
  const { body: changes } = await admin('PUT /clients/billing/grants/users', {
    scope: ['write_user'],
    roles: ['support']
  })
  expect(changes).toMatchObject({ changes: [{ kind: 'allowed' }, { kind: 'withdrawn' }] })
  expect(await ask('billing')).toMatchObject({ scope: 'write_user' })
  const { body: gone } = await admin('POST /clients/billing/grants/users/preview', { withdraw: true })
  expect(gone).toMatchObject({ next: { refused: { error: 'invalid_target' } }, tokensOut: 2 })
  const { body: withdrawn } = await admin('POST /clients/billing/grants/users/withdraw')
  expect(withdrawn).toMatchObject({ tokensOut: 2, revoked: 0, lastEndsAt: expect.any(Number) })
  expect(await ask('billing', { audience: 'users' })).toMatchObject({ error: 'invalid_target' })
  const { body: undone } = await admin('POST /undo')
  expect(undone.changes[0].text).toMatch(/It was withdrawn at/)
  expect(await ask('billing')).toMatchObject({ scope: 'write_user' })
})

test('a withdrawal can revoke tokens, and can remove the key of all tokens', async () => {
  const { admin, ask, introspectionEndpoint, overview, jwksUri } = await adminServer()
  const { access_token: token } = await ask('billing')
  const active = async () => {
    const answer = await post(introspectionEndpoint, { token }, { authorization: basic('shop', 'marker-shop') })
    return ((await answer.json()) as { active: boolean }).active
  }
  expect(await active()).toBe(true)
  const { body } = await admin('POST /clients/billing/grants/users/withdraw', { revoke: true })
  expect(body).toMatchObject({ revoked: 1, tokensOut: 1 })
  expect(await active()).toBe(false)
  expect(overview().edges.at(-1)).toMatchObject({
    clientId: 'billing',
    state: 'expiring',
    tokensOut: 1,
    activeTokens: 0
  })
  await admin('POST /undo')
  const { body: again } = await admin('POST /clients/billing/grants/users/withdraw', { rotateKeys: true })
  expect(again).toMatchObject({ tokensOut: 0, lastEndsAt: null })
  expect(overview().edges.at(-1)).toMatchObject({ state: 'withdrawn', withdrawnAt: expect.any(Number) })
  const { keys } = (await (await fetch(jwksUri)).json()) as { keys: { kid: string }[] }
  expect(keys.map(({ kid }) => kid)).not.toContain(decodeProtectedHeader(token).kid)
})

test('a withdrawn grant is shown as expiring until its last token has expired', async () => {
  const clock = manualClock()
  const { ask, registry, overview } = await adminServer({ clock })
  await ask('billing')
  registry.withdraw('billing', 'users')
  const edge = () => overview().edges.find(({ clientId }) => clientId === 'billing')
  expect(edge()).toMatchObject({ state: 'expiring', lastEndsAt: clock.wallTime() + 43_200_000 })
  await clock.advance(43_200_000)
  expect(edge()).toMatchObject({ state: 'withdrawn', tokensOut: 0, lastEndsAt: undefined })
})

test('a removed client is shown with the grants that it had', async () => {
  const { admin, ask, overview } = await adminServer()
  await ask('billing')
  await admin('DELETE /clients/billing')
  expect(overview().clients.at(-1)).toMatchObject({ clientId: 'billing', registered: false, enabled: false })
  expect(overview().edges.at(-1)).toMatchObject({ clientId: 'billing', state: 'expiring' })
})

test('services and clients are declared, changed and removed', async () => {
  const { admin, ask } = await adminServer()
  expect(
    (await admin('PUT /services/mail', { audience: 'https://mail.internal', scopes: { send: 'Send mail' } })).status
  ).toBe(200)
  expect((await admin('GET /services')).body.mail.scopes).toEqual({ send: 'Send mail' })
  const crm = { clientId: 'crm', clientSecret: 'marker-crm', may: { mail: { scope: ['send'] } } }
  expect((await admin('POST /clients', crm)).status).toBe(200)
  expect(await ask('crm')).toMatchObject({ scope: 'send' })
  await admin('PATCH /clients/crm', { enabled: false })
  expect(await ask('crm')).toMatchObject({ error: 'unauthorized_client' })
  const { body } = await admin('GET /clients/crm')
  expect(body).toEqual({ ...crm, clientSecret: { env: 'CRM_SECRET' }, enabled: false })
  expect((await admin('GET /clients')).body).toHaveLength(5)
  const { body: gone } = await admin('DELETE /services/mail')
  expect(gone.changes.map(({ text }: { text: string }) => text)).toEqual([
    'The service mail was removed.',
    'crm may no longer call mail.'
  ])
  expect((await admin('DELETE /clients/crm')).status).toBe(200)
  expect((await admin('GET /clients/crm')).status).toBe(404)
})

test('GET /registry returns no secret, and its answer can be loaded again if the variables are set', async () => {
  const { admin } = await adminServer()
  const { body } = await admin('GET /registry')
  noSecret(body)
  expect(body.clients[1].clientSecret).toEqual({ env: 'ORDERS_SECRET' })
  const { status, body: refusal } = await admin('PUT /registry', body)
  expect(status).toBe(400)
  expect(refusal.error_description).toMatch(
    /clients\[0\]: client "shop" takes its clientSecret from the environment variable SHOP_SECRET/
  )
  for (const { clientId } of body.clients) process.env[`${clientId.toUpperCase()}_SECRET`] = `marker-${clientId}`
  const again = await admin('PUT /registry', body)
  for (const { clientId } of body.clients) delete process.env[`${clientId.toUpperCase()}_SECRET`]
  expect(again.status).toBe(200)
})

test('a secret is replaced, and both secrets are valid during the overlap', async () => {
  const clock = manualClock()
  const { admin, tokenEndpoint } = await adminServer({ clock })
  const status = async (secret: string) =>
    (await post(tokenEndpoint, {}, { authorization: basic('billing', secret) })).status
  const { body } = await admin('POST /clients/billing/secrets', { overlap: 60_000 })
  expect(body).toEqual({ clientSecret: expect.stringMatching(/^[\w-]{43}$/), earlierUntil: clock.wallTime() + 60_000 })
  expect([await status('marker-billing'), await status(body.clientSecret)]).toEqual([200, 200])
  const { body: second } = await admin('POST /clients/billing/secrets', {
    clientSecret: 'marker-third',
    overlap: 3_600_000
  })
  expect(second).toEqual({ earlierUntil: clock.wallTime() + 3_600_000 })
  expect(await status('marker-billing')).toBe(200)
  await clock.advance(60_000)
  expect([await status('marker-billing'), await status(body.clientSecret), await status('marker-third')]).toEqual([
    401, 200, 200
  ])
  await admin('POST /clients/billing/secrets', { clientSecret: 'marker-last', overlap: 0 })
  expect([await status('marker-third'), await status('marker-last')]).toEqual([401, 200])
  noSecret((await admin('GET /clients/billing')).body)
})

test('keys are rotated with the overlap that is asked for', async () => {
  const { admin } = await adminServer()
  const { body } = await admin('POST /keys')
  expect(body.published).toHaveLength(2)
  expect(body.published[0]).toBe(body.kid)
  expect((await admin('POST /keys', { overlap: 0 })).body.published).toHaveLength(2)
})

test('a trial shows the claims and the decision of each service, and issues no token', async () => {
  const { admin, overview, requests } = await adminServer()
  const { body } = await admin('POST /try', { clientId: 'orders', service: 'billing', scope: 'charge' })
  expect(body.claims).toMatchObject({ aud: 'https://billing.internal', scope: 'charge', client_id: 'orders' })
  expect(body.verdicts).toEqual([
    { service: 'users', accepted: false, reason: 'The token is for another audience.' },
    { service: 'billing', accepted: true },
    { service: 'orders', accepted: false, reason: 'The token is for another audience.' }
  ])
  expect(body.curl).toMatch(/^curl -s .*client_secret=\$CLIENT_SECRET.*'scope=charge' http:\/\/127/)
  noSecret(body)
  expect(overview().edges.every(({ tokens }) => tokens === 0)).toBe(true)
  expect(requests.count('token')).toBe(0)
  expect(
    (await admin('POST /try', { clientId: 'billing', service: 'orders', scope: 'place_order' })).body
  ).toMatchObject({
    refused: { error: 'invalid_target', missing: { service: 'orders', scope: ['place_order'] } }
  })
})

test('a fault is switched on, seen and switched off', async () => {
  const { admin, ask } = await adminServer()
  const { body: fault } = await admin('POST /faults', {
    fault: 'answer',
    status: 503,
    headers: { 'retry-after': '7' },
    requests: 2
  })
  expect(fault).toMatchObject({ id: 1, fault: 'answer', at: 'token', requests: 2, acted: 0, values: { status: 503 } })
  await expect(ask('billing')).rejects.toThrow() // not JSON
  const { body } = await admin('GET /faults')
  expect(body.active).toMatchObject([{ id: 1, requests: 1, acted: 1 }])
  expect(Object.keys(body.kinds)).toContain('resetAtByte')
  expect(body.ways.length).toBeGreaterThanOrEqual(25)
  expect((await admin('DELETE /faults/1')).status).toBe(204)
  expect((await admin('DELETE /faults/1')).status).toBe(404)
  expect(await ask('billing')).toHaveProperty('access_token')
  await admin('POST /faults', { fault: 'lifetime', ms: 5000 })
  await admin('POST /faults', { fault: 'hang', at: 'jwks' })
  expect((await admin('GET /overview')).body.faults).toHaveLength(2)
  expect((await admin('DELETE /faults')).status).toBe(204)
  expect((await admin('GET /overview')).body.faults).toEqual([])
})

test('a server that is down can be brought back over the same connection, and answers health checks all the time', async () => {
  const { admin, ask, issuer } = await adminServer()
  await admin('POST /faults', { fault: 'down' })
  await expect(ask('billing')).rejects.toThrow()
  expect(await (await fetch(`${issuer}/health`)).json()).toEqual({ status: 'ok', issuer })
  expect((await admin('GET /overview')).body.faults).toMatchObject([{ fault: 'down' }])
  await admin('DELETE /faults')
  expect(await ask('billing')).toHaveProperty('access_token')
})

test('the clock of the server is set wrong and right', async () => {
  const { admin, ask } = await adminServer()
  await admin('PUT /clock', { offset: -3_600_000 })
  const { access_token: token } = await ask('billing')
  expect((decodeJwt(token).iat ?? 0) * 1000).toBeLessThan(Date.now() - 3_500_000)
  expect((await admin('GET /overview')).body.clockOffset).toBe(-3_600_000)
  await admin('PUT /clock', { offset: 0 })
  expect((await admin('GET /overview')).body).toMatchObject({ clockOffset: 0, faults: [] })
})

test('the log says what was granted, why a request was refused, and which grant it lacked', async () => {
  const { admin, ask, jwksUri } = await adminServer()
  await ask('billing')
  await ask('billing', { audience: 'users', scope: 'write_user' })
  await fetch(jwksUri)
  const { body } = await admin('GET /requests?endpoint=token')
  expect(body.counts).toMatchObject({ token: 2, jwks: 1 })
  expect(body.latest).toMatchObject([
    { clientId: 'billing', service: 'users', granted: ['read_user'], expiresAt: expect.any(Number) },
    {
      clientId: 'billing',
      scope: 'write_user',
      error: 'invalid_scope',
      missing: { service: 'users', scope: ['write_user'] }
    }
  ])
  const { body: journal } = await admin('GET /journal')
  expect(journal.map(({ text }: { text: string }) => text)).toEqual([
    'billing got a token for users: read_user.',
    'billing asked for a token and was refused: invalid_scope. The client is not granted any of this scope at users.',
    'somebody asked for the keys.'
  ])
  await admin('DELETE /requests')
  expect((await admin('GET /requests')).body.latest).toEqual([])
})

test('a reset undoes everything', async () => {
  const { admin, ask, overview, registry } = await adminServer()
  const before = overview()
  await ask('billing')
  await admin('POST /clients/billing/grants/users/withdraw')
  await admin('DELETE /clients/shop')
  await admin('POST /faults', { fault: 'clockOffset', ms: 1000 })
  expect((await admin('POST /reset')).status).toBe(204)
  expect({ ...overview(), now: 0 }).toEqual({ ...before, now: 0 })
  expect((await admin('GET /journal')).body).toEqual([])
  expect(registry.current.clients).toHaveLength(4)
})

test('events come as they happen', async () => {
  const { ask, registry, issuer } = await adminServer()
  const leave = new AbortController()
  const { body, headers } = await fetch(`${issuer}/admin/api/events`, { signal: leave.signal })
  expect(headers.get('content-type')).toBe('text/event-stream')
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader()
  let seen = ''
  await ask('billing')
  registry.withdraw('billing', 'users')
  while (!seen.includes('may no longer')) seen += (await reader?.read())?.value ?? ''
  expect(seen).toContain('event: request\ndata: {"id":1,')
  expect(seen).toContain('event: registry\n')
  leave.abort()
})

describe('bad input is refused with a reason, and changes nothing', () => {
  test.each<[string, unknown, number, RegExp]>([
    ['GET /nowhere', undefined, 404, /See \/admin\/api\/openapi\.json/],
    ['POST /overview', {}, 405, /only allows the methods GET/],
    ['PATCH /session', {}, 405, /POST, DELETE/],
    ['PUT /clock', { offset: 'soon' }, 400, /offset must be of type number/],
    ['PUT /clock', {}, 400, /offset is missing/],
    ['PUT /clock', { offset: 1e300 }, 400, /at most ten years/],
    ['PUT /clock', { offset: 1, zone: 'UTC' }, 400, /unknown member zone\. Remove it\. The known names are: offset\./],
    ['PUT /clock', [], 400, /JSON object/],
    ['POST /undo', {}, 400, /nothing to undo/],
    ['POST /keys', { overlap: -1 }, 400, /from 0 to a year/],
    ['PUT /clients/ghost/grants/users', { scope: [] }, 404, /no client "ghost"/],
    ['PUT /clients/billing/grants/mail', { scope: [] }, 400, /"mail", which is not a service/],
    ['PUT /clients/billing/grants/users', { scope: 'read_user' }, 400, /scope must be of type array/],
    ['PUT /clients/billing/grants/users', { scope: ['fly'] }, 400, /does not declare fly/],
    ['POST /clients/billing/grants/orders/withdraw', {}, 400, /has no grant for "orders"/],
    ['POST /clients/billing/grants/mail/preview', { scope: [] }, 400, /"mail", which is not a service/],
    ['POST /clients/billing/secrets', { clientSecret: '' }, 400, /needs a clientSecret that is not empty/],
    ['POST /clients/billing/secrets', { overlap: 1e300 }, 400, /a year/],
    ['POST /clients', { clientId: 'billing', clientSecret: 'marker-x' }, 400, /registered twice/],
    ['POST /clients', {}, 400, /needs a clientId/],
    ['PUT /services/users', { audience: 'https://billing.internal' }, 400, /have the same audience/],
    ['DELETE /services/mail', undefined, 404, /no service "mail"/],
    ['PUT /registry', { clients: 7 }, 400, /needs an array "clients"/],
    ['POST /try', { clientId: 'ghost' }, 404, /no client "ghost"/],
    ['POST /faults', {}, 400, /fault is missing\. It is one of down, slow/],
    ['POST /faults', { fault: 'fire' }, 400, /The known names are: down/],
    ['POST /faults', { fault: 'toString' }, 400, /The known names are: down/],
    ['POST /faults', { fault: 'slow' }, 400, /slow needs ms: How late, in milliseconds/],
    ['POST /faults', { fault: 'slow', ms: '5' }, 400, /ms of slow must be a number/],
    [
      'POST /faults',
      { fault: 'slow', ms: 5, status: 3 },
      400,
      /slow has no value status\. Remove it\. The known names are: ms\./
    ],
    ['POST /faults', { fault: 'hang', at: 'nowhere' }, 400, /at must be one of token, metadata/],
    ['POST /faults', { fault: 'hang', probability: 2 }, 400, /probability must be above 0/],
    ['POST /faults', { fault: 'hang', requests: -1 }, 400, /requests must be an integer/],
    ['POST /faults', { fault: 'hang', requests: 0 }, 400, /not act on any request/],
    ['POST /faults', { fault: 'hang', seed: 1.5 }, 400, /seed must be an integer/],
    ['DELETE /faults/9', undefined, 404, /no active fault with this id/],
    ['GET /requests?endpoint=x', undefined, 400, /endpoint must be one of/],
    ['GET /clients/%E0%A4%A', undefined, 400, /not correctly percent-encoded/]
  ])('%s with %j', async (call, body, status, reason) => {
    const { admin, overview, registry } = await adminServer()
    const before = { ...overview(), now: 0 }
    const answer = await admin(call, body)
    expect(answer.status).toBe(status)
    expect(answer.body).toEqual({ error: expect.any(String), error_description: expect.stringMatching(reason) })
    expect(answer.headers.get('cache-control')).toBe('no-store')
    noSecret(answer.body)
    expect({ ...overview(), now: 0 }).toEqual(before)
    expect(() => registry.undo()).toThrow(/nothing to undo/)
  })

  test('a body that is not JSON, is of another type, or is too long', async () => {
    const { issuer } = await adminServer()
    const put = (body: string, type = 'application/json') =>
      fetch(`${issuer}/admin/api/clock`, { method: 'PUT', body, headers: { 'content-type': type } })
    expect((await put('{')).status).toBe(400)
    expect((await put('offset=1', 'application/x-www-form-urlencoded')).status).toBe(415)
    expect((await put('{"offset":1}', 'text/plain')).status).toBe(415)
    expect((await put(`{"offset":${' '.repeat(1024 * 1024)}1}`)).status).toBe(413)
    expect((await put('{"offset":0}', 'Application/JSON; charset=utf-8')).status).toBe(200)
  })
})
