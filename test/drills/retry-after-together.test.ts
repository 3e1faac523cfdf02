import { expect, test } from 'vitest'
import { createTokenClient } from '../../src/index.ts'
import { manualClock } from '../../src/testing/index.ts'
import { chanceOf } from '../simulation/simulated-chance.ts'
import { granted } from '../support/held-road.ts'

const second = 1000
const services = 200
/** Requests that the server answers with a token in a second, and as many at once when it was quiet. */
const capacity = 20

/** The seconds at which 200 services ask that have no token, of a server that asks those beyond its capacity to come back in 2 s. */
async function requestsOf(seed: number): Promise<number[]> {
  const clock = manualClock({ random: chanceOf(seed).next })
  const requests: number[] = []
  let left = capacity

  async function answer(): Promise<Response> {
    const moment = clock.monotonicTime() / second
    left = Math.min(capacity, left + (moment - (requests.at(-1) ?? 0)) * capacity)
    requests.push(moment)
    if (left < 1) return new Response('', { status: 429, headers: { 'retry-after': '2' } })
    left -= 1
    return granted(43_200)
  }

  const clients = Array.from({ length: services }, (_, index) =>
    createTokenClient({
      tokenEndpoint: `https://auth.internal/token?service=${index}`,
      clientId: 'orders',
      clientSecret: 'a secret',
      clock,
      fetch: answer as typeof fetch
    })
  )
  const calling = clients.map((tokens) => tokens.getToken({ maxWait: 60 * second }))
  await clock.advance(40 * second)
  await Promise.all(calling)
  await Promise.all(clients.map((tokens) => tokens.close()))
  return requests
}

test('drill: 200 services that are told Retry-After: 2 at once make 2.6 requests each, and no spike after the second pause', async () => {
  const runs = await Promise.all([1, 2, 3, 4].map(requestsOf))
  const mean = runs.flat().length / runs.length
  expect(mean).toBeLessThanOrEqual(520)
  for (const requests of runs) {
    const perSecond = Array.from(
      { length: 26 },
      (_, index) => requests.filter((at) => Math.floor(at) === index + 4).length
    )
    expect(Math.max(...perSecond)).toBeLessThanOrEqual(2 * capacity)
  }
})
