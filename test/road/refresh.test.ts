import { expect, test } from 'vitest'
import { next, road } from '../support/road.ts'

const hour = 3_600_000
const life = 12 * hour

test('a token is kept for its life and refreshed ahead of its end, and nobody waits', async () => {
  const { tokens, clock, tokenRequests, told } = await road()
  const first = await tokens.getToken()
  expect(await tokens.getToken()).toBe(first)
  const refreshed = next(tokens, 'refreshed')
  await clock.advance(0.8 * life)
  expect(await refreshed).toMatchObject({ reason: 'due', attempts: 1, scope: [], serial: first.serial + 1 })
  const second = await tokens.getToken()
  expect(second.serial).toBe(first.serial + 1)
  expect(tokenRequests()).toBe(2)
  expect(told).toEqual(['refreshed', 'refreshed'])
})

test('ready() keeps the default token warm although nobody asks', async () => {
  const { tokens, clock, tokenRequests } = await road()
  await tokens.ready()
  for (let refreshes = 1; refreshes <= 3; refreshes += 1) {
    const refreshed = next(tokens, 'refreshed')
    await clock.advance(0.8 * life)
    await refreshed
  }
  expect(tokenRequests()).toBe(4)
  expect(tokens.health().state).toBe('fresh')
})

test('refresh: { surviveOutage } starts early enough, and warns of a life too short for it', async () => {
  const { tokens, clock, server } = await road({ refresh: { surviveOutage: 6 * hour } })
  await tokens.ready()
  expect(tokens.health().tokens[0]?.refreshAt).toBeLessThan(clock.wallTime() + 6 * hour)
  server.faults.lifetime(hour)
  const warned = next(tokens, 'warning')
  await tokens.getToken({ scope: 'read_user' })
  expect(await warned).toMatchObject({ code: 'life_too_short' })
})

test('T24 C17 without expires_in the token lives for defaultLifetime, with a warning', async () => {
  const { tokens, server, clock } = await road({ defaultLifetime: 60_000 })
  server.faults.alter({ members: { expires_in: undefined } })
  const warned = next(tokens, 'warning')
  const token = await tokens.getToken()
  expect(token.expiresAt).toBe(clock.wallTime() + 60_000)
  expect(await warned).toMatchObject({ code: 'expiry_missing' })
})

test('K6 a server whose clock is wrong by an hour changes nothing about the life', async () => {
  const { tokens, server, clock } = await road()
  server.faults.clockOffset(-hour)
  const token = await tokens.getToken()
  expect(token.expiresAt).toBe(clock.wallTime() + life)
})

test('C63 an opaque token and a JWT with a lying end are kept alike', async () => {
  const { tokens, server, clock } = await road()
  const lying = `${btoa('{"alg":"none"}')}.${btoa('{"exp":1}')}.`.replaceAll('=', '')
  for (const value of [lying, 'opaque']) {
    server.faults.alter({ members: { access_token: value } })
    const token = await tokens.getToken({ parameters: { value } })
    expect(token.value).toBe(value)
    expect(token.expiresAt).toBe(clock.wallTime() + life)
  }
})
