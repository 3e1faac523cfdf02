import { describe, expect, test } from 'vitest'
import { failedCalls, granted, type HeldRoad, heldRoad, pass } from '../support/held-road.ts'

const second = 1000

describe('drill: a server that takes 6 s for an answer', () => {
  function slowRoad(life: number): HeldRoad {
    const road: HeldRoad = heldRoad(async () => {
      await pass(road.clock, 6 * second)
      return granted(life)
    })
    return road
  }

  test('gives its token to the second flight', async () => {
    const { tokens, clock } = slowRoad(300)
    const asked = tokens.getToken({ maxWait: 20 * second })
    await clock.advance(20 * second)
    expect((await asked).value).toMatch(/^token-/)
  })

  test('is asked in the background from then on, and no call fails', async () => {
    const road = slowRoad(60)
    const { tokens, clock, requests } = road
    tokens.getToken({ maxWait: 20 * second })
    await clock.advance(20 * second)
    const before = requests.length
    expect(await failedCalls(road, 300, { maxWait: 0 })).toBe(0)
    expect(requests.length - before).toBeGreaterThanOrEqual(5)
    expect(requests.length - before).toBeLessThanOrEqual(12)
  })
})

test('drill: a secret that takes 3 s to come costs nothing of the token’s life', async () => {
  const { tokens, clock }: HeldRoad = heldRoad(
    (moment) => (moment < 10 ? granted(300) : new Response('', { status: 503 })),
    { clientSecret: () => pass(clock, 3 * second).then(() => 'a secret') }
  )
  const began = clock.wallTime()
  const asked = tokens.getToken()
  await clock.advance(4 * second)
  const { value, obtainedAt, expiresAt } = await asked
  expect([obtainedAt - began, expiresAt - began]).toEqual([3 * second, 303 * second])
  await clock.advance(expiresAt - clock.wallTime() - 1)
  expect((await tokens.getToken({ maxWait: 0 })).value).toBe(value)
})
