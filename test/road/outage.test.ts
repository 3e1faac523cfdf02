import { expect, test } from 'vitest'
import type { TokenClientError } from '../../src/index.ts'
import { next, road } from '../support/road.ts'

const life = 12 * 3_600_000

test('rule 1: a server that is down for longer than a refresh costs no call', async () => {
  const { tokens, server, clock, tokenRequests } = await road()
  const token = await tokens.getToken()
  await tokens.getToken()
  server.faults.down()
  const failed = next(tokens, 'refresh-failed')
  await clock.advance(0.8 * life)
  expect(await failed).toMatchObject({ serial: token.serial, error: { transient: true } })
  expect(await tokens.getToken()).toBe(token)
  expect(tokens.health()).toMatchObject({ state: 'stale' })

  server.faults.clear()
  const refreshed = next(tokens, 'refreshed')
  await clock.advance(405_000)
  await refreshed
  expect((await tokens.getToken()).serial).toBeGreaterThan(token.serial)
  expect(tokenRequests()).toBe(2)
})

test('T60 F3 without a token the failure is remembered: the next callers get it at once, and nobody asks', async () => {
  const { tokens, server, clock, tokenRequests } = await road()
  server.faults.answer({ status: 503, headers: { 'retry-after': '20' }, body: 'marker-body' })
  const failure = await tokens.getToken().catch((error: TokenClientError) => error)
  expect(failure).toMatchObject({ code: 'ERR_SERVER_ERROR', transient: true, status: 503, retryAfter: 30_000 })
  await clock.advance(1000)
  await expect(tokens.getToken()).rejects.toMatchObject({ code: 'ERR_SERVER_ERROR', retryAfter: 29_000 })
  expect(tokenRequests()).toBe(1)
})

test('T46 a wrong secret is a permanent failure that names the word, and a second call asks nobody', async () => {
  const { tokens, tokenRequests } = await road({ clientSecret: 'marker-wrong' })
  const failures = await Promise.all(
    [1, 2, 3].map(() => tokens.getToken().catch((error: TokenClientError) => error as TokenClientError))
  )
  for (const failure of failures)
    expect(failure).toMatchObject({ code: 'ERR_INVALID_CLIENT', transient: false, status: 401 })
  expect(await tokens.getToken({ scope: 'admin' }).catch((error: unknown) => error)).toMatchObject({
    code: 'ERR_INVALID_CLIENT',
    retryAfter: 60_000
  })
  expect(tokenRequests()).toBe(1)
})

test('T55 429 with Retry-After is obeyed', async () => {
  const { tokens, server, clock, tokenRequests } = await road()
  server.faults.rateLimit({ retryAfter: 30_000 }, { requests: 1 })
  expect(await tokens.getToken().catch((error: unknown) => error)).toMatchObject({
    code: 'ERR_RATE_LIMITED',
    retryAfter: 45_000
  })
  await clock.advance(44_999)
  await expect(tokens.getToken()).rejects.toMatchObject({ code: 'ERR_RATE_LIMITED' })
  await clock.advance(1)
  await tokens.getToken()
  expect(tokenRequests()).toBe(2)
})

test('ready() goes on through a failure until the server is there', async () => {
  const { tokens, server, clock } = await road()
  server.faults.answer({ status: 503, headers: { 'retry-after': '10' } })
  const failed = next(tokens, 'refresh-failed')
  const ready = tokens.ready()
  await failed
  expect(tokens.health().state).toBe('failed')
  server.faults.clear()
  await clock.advance(15_000)
  await ready
  expect(tokens.health().state).toBe('fresh')
})

test('Q21 a secret that never comes is named as what is missing, within the timeout', async () => {
  let asked = 0
  const never = () => {
    asked += 1
    return new Promise<string>(() => {})
  }
  const { tokens, clock, tokenRequests } = await road({ clientSecret: never })
  const failure = tokens.getToken().catch((error: unknown) => error)
  await clock.advance(9_999)
  expect(await failure).toMatchObject({
    code: 'ERR_SECRET_UNAVAILABLE',
    transient: true,
    message: expect.stringMatching(/^The clientSecret function gave nothing within \d+ ms\. See what it waits for\.$/)
  })
  expect([asked, tokenRequests()]).toEqual([3, 0])
})
