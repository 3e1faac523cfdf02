import { describe, expect, test } from 'vitest'
import { type Behaviour, failedCalls, granted, heldRoad } from '../support/held-road.ts'

const second = 1000
const answers: Record<string, () => Response> = {
  '404': () => new Response('', { status: 404 }),
  '405': () => new Response('', { status: 405 }),
  '302': () => new Response('', { status: 302, headers: { location: 'https://login.internal/' } }),
  'HTML with 200': () => new Response('<p>', { headers: { 'content-type': 'text/html' } }),
  invalid_client: () => Response.json({ error: 'invalid_client' }, { status: 401 })
}

/** A server that is ill for so many seconds from the first refresh on. */
function illFromFirstRefresh(life: number, seconds: number, ill: () => Response) {
  let asked = 0
  let since = Number.POSITIVE_INFINITY
  const seen = { ill: 0 }
  const behaviour: Behaviour = (moment) => {
    asked += 1
    if (asked === 2) since = moment
    if (moment < since || moment >= since + seconds) return granted(life)
    seen.ill += 1
    return ill()
  }
  return { behaviour, seen }
}

describe('drill: no call fails', () => {
  test.each(Object.keys(answers))('when a gateway answers the refresh of a minute with %s for 5 s', async (name) => {
    const { behaviour, seen } = illFromFirstRefresh(60, 5, answers[name] as () => Response)
    expect(await failedCalls(heldRoad(behaviour), 90)).toBe(0)
    expect(seen.ill).toBeGreaterThan(0)
  })

  test('in a blip of 70 s that meets the refresh of five minutes', async () => {
    const { behaviour, seen } = illFromFirstRefresh(300, 70, () => new Response('', { status: 503 }))
    expect(await failedCalls(heldRoad(behaviour), 320)).toBe(0)
    expect(seen.ill).toBeGreaterThan(0)
  })
})

test('drill: a thousand keys and 429 with Retry-After: 30 make one request a pause', async () => {
  const busy = () => new Response('', { status: 429, headers: { 'retry-after': '30' } })
  const { tokens, clock, requests } = heldRoad(busy)
  for (let keys = 0; keys < 1000; keys += 1) tokens.getToken({ scope: `key-${keys}` }).catch(() => {})
  await clock.advance(second)
  const first = requests.length
  for (let keys = 0; keys < 1000; keys += 1) tokens.getToken({ scope: `key-${keys}` }).catch(() => {})
  await clock.advance(28 * second)
  expect(first).toBeLessThanOrEqual(16)
  expect(requests).toHaveLength(first)
})
