import { once } from 'node:events'
import { request } from 'node:http'
import { expect, test } from 'vitest'
import type { Faults } from '../../src/authorization-server/index.ts'
import { manualClock } from '../../src/testing/index.ts'
import { post, serverForTest } from './server.ts'

/** Moves the clock as soon as the server waits on it. */
async function advanceWhenWaiting(clock: ReturnType<typeof manualClock>, ms: number): Promise<void> {
  while (clock.timers === 0) await new Promise((resolve) => setImmediate(resolve))
  await clock.advance(ms)
}

test('A11 T65 a server that is down breaks open connections and new ones, and is available again on the same port', async () => {
  const { tokenEndpoint, jwksUri, faults } = await serverForTest()
  await post(tokenEndpoint)
  faults.down()
  await expect(post(tokenEndpoint)).rejects.toThrow()
  await expect(fetch(jwksUri)).rejects.toThrow()
  faults.clear()
  expect((await post(tokenEndpoint)).status).toBe(200)
})

test('A11 T75 a slow answer comes when its time has passed and not before', async () => {
  const clock = manualClock()
  const { tokenEndpoint, faults } = await serverForTest({ clock })
  faults.slow(3000)
  let answered = false
  const response = post(tokenEndpoint).finally(() => {
    answered = true
  })
  await advanceWhenWaiting(clock, 2999)
  expect(answered).toBe(false)
  await clock.advance(1)
  expect((await response).status).toBe(200)
})

test('A11 T11 a dripping body comes byte by byte', async () => {
  const clock = manualClock()
  const { tokenEndpoint, faults } = await serverForTest({ clock })
  faults.answer({ body: 'ab' })
  faults.drip(250, { requests: 1 })
  const response = await post(tokenEndpoint)
  const { value } = await (async () => {
    const reading = response.body?.getReader().read() ?? Promise.reject(new Error('no body'))
    await advanceWhenWaiting(clock, 250)
    return reading
  })()
  expect(Buffer.from(value ?? []).toString()).toBe('{')
})

test('A11 T11 a caller that leaves a dripping or slow answer leaves no timer behind', async () => {
  const clock = manualClock()
  const { tokenEndpoint, faults } = await serverForTest({ clock })
  for (const slow of [faults.slow, faults.drip]) {
    slow(250)
    const sent = request(tokenEndpoint, { method: 'POST' })
      .on('error', () => {})
      .end()
    while (clock.timers === 0) await new Promise((resolve) => setImmediate(resolve))
    sent.destroy()
    while (clock.timers > 0) await new Promise((resolve) => setImmediate(resolve))
  }
})

test('A11 T12 a hanging server accepts the request and never answers', async () => {
  const { tokenEndpoint, faults, requests } = await serverForTest()
  faults.hang()
  const leave = new AbortController()
  const response = fetch(tokenEndpoint, { method: 'POST', signal: leave.signal })
  while (requests.count('token') === 0) await new Promise((resolve) => setImmediate(resolve))
  leave.abort()
  await expect(response).rejects.toThrow(/abort/i)
})

test('A11 T62 a reset before any byte is a broken connection', async () => {
  const { tokenEndpoint, faults } = await serverForTest()
  faults.reset({ requests: 1 })
  await expect(post(tokenEndpoint)).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } })
  expect((await post(tokenEndpoint)).status).toBe(200)
})

test('A11 T7 T63 a reset inside the body comes after a good head', async () => {
  const { tokenEndpoint, faults } = await serverForTest()
  faults.resetAtByte(10)
  // Newer versions of Node report the error on the request as well as on the response.
  const sent = request(tokenEndpoint, { method: 'POST' })
    .on('error', () => {})
    .end()
  const [response] = await once(sent, 'response')
  const seen: Buffer[] = []
  response.on('data', (chunk: Buffer) => seen.push(chunk))
  const [error] = await once(response, 'error')
  expect(error).toMatchObject({ code: 'ECONNRESET' })
  expect(Number(response.headers['content-length'])).toBeGreaterThan(10)
  expect(Buffer.concat(seen).length).toBeLessThanOrEqual(10)
})

test('A11 T42 T70 raw bytes are the whole answer', async () => {
  const { tokenEndpoint, faults } = await serverForTest()
  const early = 'HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n'
  faults.raw(`${early}HTTP/1.1 299 Odd\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\n`)
  const response = await post(tokenEndpoint)
  expect(response.status).toBe(299)
  expect(await response.text()).toBe('ok')
})

test.each<[string, (faults: Faults) => void, number, Record<string, string>, string]>([
  [
    'T1 a captive portal',
    (f) => f.answer({ headers: { 'content-type': 'text/html' }, body: '<html>' }),
    200,
    { 'content-type': 'text/html' },
    '<html>'
  ],
  ['T6 an empty body', (f) => f.answer({}), 200, {}, ''],
  [
    'T9 bytes that claim to be gzip',
    (f) => f.answer({ headers: { 'content-encoding': 'identity' }, body: Uint8Array.of(1) }),
    200,
    { 'content-encoding': 'identity' },
    '\x01'
  ],
  ['T41 no content', (f) => f.answer({ status: 204 }), 204, {}, ''],
  [
    'T43 a redirect',
    (f) => f.redirect('https://elsewhere.internal/', 302),
    302,
    { location: 'https://elsewhere.internal/' },
    ''
  ],
  [
    'C89 a redirect that would carry the secret along',
    (f) => f.redirect('https://elsewhere.internal/'),
    307,
    { location: 'https://elsewhere.internal/' },
    ''
  ],
  [
    'T46 a refusal',
    (f) => f.answer({ status: 400, body: { error: 'invalid_client' } }),
    400,
    { 'content-type': 'application/json' },
    '{"error":"invalid_client"}'
  ],
  ['T55 a limit', (f) => f.rateLimit({ retryAfter: 29_001 }), 429, { 'retry-after': '30' }, ''],
  ['T57 a limit that makes no sense', (f) => f.rateLimit({ retryAfter: '-5' }), 429, { 'retry-after': '-5' }, ''],
  ['T60 a broken gateway', (f) => f.answer({ status: 502 }), 502, {}, '']
])('A11 %s is the answer, and no token is made', async (_what, set, status, headers, body) => {
  const { tokenEndpoint, faults } = await serverForTest()
  set(faults)
  const response = await post(tokenEndpoint)
  expect(response.status).toBe(status)
  expect(Object.fromEntries(response.headers)).toMatchObject(headers)
  expect(await response.text()).toBe(body)
})

test('A11 T55 a rate limit can be without Retry-After', async () => {
  const { tokenEndpoint, faults } = await serverForTest()
  faults.rateLimit()
  expect((await post(tokenEndpoint)).headers.has('retry-after')).toBe(false)
})

test('A11 T19 T24 T34 members and headers of a real answer can be changed and taken away', async () => {
  const { tokenEndpoint, faults } = await serverForTest()
  faults.alter({
    status: 201,
    headers: { 'Content-Type': undefined, 'x-cache': 'hit' },
    members: { token_type: undefined, expires_in: '43200', scope: '' }
  })
  const response = await post(tokenEndpoint)
  expect(response.status).toBe(201)
  expect(response.headers.has('content-type')).toBe(false)
  expect(response.headers.get('x-cache')).toBe('hit')
  expect(await response.json()).toEqual({ access_token: expect.any(String), expires_in: '43200', scope: '' })
})

test('A11 T25 a shorter life is in the answer and in the token', async () => {
  const { tokenEndpoint, faults } = await serverForTest()
  faults.lifetime(5000)
  const answer = (await (await post(tokenEndpoint)).json()) as { access_token: string; expires_in: number }
  const { iat, exp } = JSON.parse(Buffer.from(answer.access_token.split('.')[1] ?? '', 'base64url').toString())
  expect(answer.expires_in).toBe(5)
  expect(exp - iat).toBe(5)
})

test('A11 T73 the same token comes again with its remaining lifetime, and only for the same request', async () => {
  const clock = manualClock()
  const { tokenEndpoint, faults } = await serverForTest({ clock })
  const ask = async (scope: string) => (await post(tokenEndpoint, { scope })).json() as Promise<Record<string, unknown>>
  faults.sameToken()
  const first = await ask('read_user')
  await clock.advance(60_000)
  expect(await ask('read_user')).toEqual({ ...first, expires_in: 43_140 })
  expect((await ask('write_user')).access_token).not.toBe(first.access_token)
  faults.clear()
  expect((await ask('read_user')).access_token).not.toBe(first.access_token)
})

test('A11 K14 a wrong clock is wrong in the token and in the Date header', async () => {
  const clock = manualClock()
  const { tokenEndpoint, faults } = await serverForTest({ clock })
  faults.clockOffset(-3_600_000)
  const response = await post(tokenEndpoint)
  const { access_token: token } = (await response.json()) as { access_token: string }
  expect(Date.parse(response.headers.get('date') ?? '')).toBe(clock.wallTime() - 3_600_000)
  expect(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).iat * 1000).toBe(
    clock.wallTime() - 3_600_000
  )
})

test('A11 faults for a number of requests act in turn, then the lasting one, at their endpoint alone', async () => {
  const { tokenEndpoint, jwksUri, faults } = await serverForTest()
  faults.answer({ status: 599 })
  faults.answer({ status: 503 }, { requests: 2 })
  faults.rateLimit({}, { requests: 1 })
  faults.answer({ status: 404 }, { at: 'jwks' })
  const statuses: number[] = []
  for (let sent = 0; sent < 5; sent++) statuses.push((await post(tokenEndpoint)).status)
  expect(statuses).toEqual([503, 503, 429, 599, 599])
  expect((await fetch(jwksUri)).status).toBe(404)
  faults.clear()
  expect((await post(tokenEndpoint)).status).toBe(200)
  expect((await fetch(jwksUri)).status).toBe(200)
})
