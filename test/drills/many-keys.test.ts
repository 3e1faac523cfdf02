import { describe, expect, test } from 'vitest'
import type { TokenClient } from '../../src/index.ts'
import { granted, heldRoad, pass, unreachable } from '../support/held-road.ts'

const second = 1000
/** How many requests may be under way at the same time. */
const atOnce = 16

function manyScopes(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `key-${index}`)
}

/** Calls for keys that were not used recently. */
function call(tokens: TokenClient, scopes: readonly string[], round: number, calls: number): void {
  for (let done = 0; done < calls; done += 1) {
    const scope = scopes[(round * calls + done) % scopes.length] as string
    tokens.getToken({ scope }).catch(() => {})
  }
}

test('drill: 5,000 keys without a token, and a server that is down for 90 s, make the requests of one', async () => {
  const { tokens, clock, requests } = heldRoad(unreachable)
  const scopes = manyScopes(5000)
  for (let round = 0; round < 90; round += 1) {
    call(tokens, scopes, round, 100)
    await clock.advance(second)
  }
  const later = requests.filter((moment) => moment >= 1)
  expect(later.length).toBeGreaterThan(10)
  expect(later.length).toBeLessThanOrEqual(45)
  expect(requests.length - later.length).toBeLessThanOrEqual(atOnce + 2) // the first of them tries up to three times
})

describe('drill: 1,000 keys without a token, and a gateway that gives every request the same answer for 60 s, make one request a second', () => {
  const busy = { status: 400, headers: { 'retry-after': '30' } }
  test.each([
    { answer: 'an empty object', give: () => Response.json({}), most: 60 },
    { answer: '400 in HTML', give: () => new Response('<p>', { status: 400 }), most: 60 },
    { answer: '451', give: () => new Response('', { status: 451 }), most: 60 },
    { answer: '400 with Retry-After: 30', give: () => new Response('', busy), most: 2 },
    { answer: '407 of a proxy', give: () => new Response('', { status: 407 }), most: 2 }
  ])('$answer', async ({ give, most }) => {
    const { tokens, clock, requests } = heldRoad(give)
    const scopes = manyScopes(1000)
    for (let round = 0; round < 60; round += 1) {
      call(tokens, scopes, round, 100)
      await clock.advance(second)
    }
    const later = requests.filter((moment) => moment >= 2)
    expect(later.length).toBeLessThanOrEqual(most)
    expect(requests.length - later.length).toBeLessThanOrEqual(atOnce + 3)
  })
})

test('drill: a thousand keys that have lost their tokens to an outage of 90 s get new ones within 10 s of its end', async () => {
  const [begins, ends] = [30, 120]
  const scopes = manyScopes(1000)
  const served = new Set<string>()
  let [inFlight, most] = [0, 0]
  const { tokens, clock, requests } = heldRoad(async (moment, scope) => {
    if (moment < begins) return granted(60)
    if (moment < ends) return unreachable()
    most = Math.max(most, ++inFlight)
    await pass(clock, 15)
    inFlight -= 1
    served.add(scope)
    return granted(43_200)
  })
  await tokens.ready({ requests: scopes.map((scope) => ({ scope })) })
  for (let round = 0; round < ends; round += 1) {
    call(tokens, scopes, round, 50)
    await clock.advance(second)
  }
  const inVain = requests.filter((moment) => moment >= begins && moment < ends)
  expect(inVain.length).toBeLessThanOrEqual(ends - begins)
  await clock.advance(10 * second)
  expect(served.size).toBe(scopes.length)
  expect(most).toBeLessThanOrEqual(atOnce)
})

test('drill: a secret that cannot be read for 60 s is read as for one key, however many keys there are', async () => {
  let reads = 0
  const { tokens, clock, requests, moment } = heldRoad(() => granted(43_200), {
    clientSecret() {
      reads += 1
      if (moment() < 60) throw new Error('the vault is sealed')
      return 'a secret'
    }
  })
  const scopes = manyScopes(200)
  for (let round = 0; round < 60; round += 1) {
    call(tokens, scopes, round, 50)
    await clock.advance(second)
  }
  expect(requests).toEqual([])
  expect(reads).toBeLessThanOrEqual(50 + 60) // those that had come before the first failure, and then one a second at most
  for (let round = 0; round < 10; round += 1) {
    call(tokens, scopes, round, 50)
    await clock.advance(second)
  }
  expect(tokens.health().tokens.filter(({ state }) => state === 'fresh')).toHaveLength(scopes.length)
})
