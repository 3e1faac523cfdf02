import { describe, expect, test } from 'vitest'
import { type Behaviour, failedCalls, granted, heldRoad } from '../support/held-road.ts'

const second = 1000
const answers: Record<string, () => Response> = {
  '404': () => new Response('', { status: 404 }),
  '405': () => new Response('', { status: 405 }),
  '407': () => new Response('', { status: 407 }),
  '410': () => new Response('', { status: 410 }),
  '413': () => new Response('', { status: 413 }),
  '451': () => new Response('', { status: 451 }),
  '501': () => new Response('', { status: 501 }),
  '204': () => new Response(null, { status: 204 }),
  '302': () => new Response('', { status: 302, headers: { location: 'https://login.internal/' } }),
  'HTML with 200': () => new Response('<p>', { headers: { 'content-type': 'text/html' } }),
  'an empty 200': () => new Response(''),
  'an empty object': () => Response.json({}),
  '401 in HTML': () => new Response('<p>', { status: 401, headers: { 'content-type': 'text/html' } }),
  invalid_scope: () => Response.json({ error: 'invalid_scope' }, { status: 400 }),
  unauthorized_client: () => Response.json({ error: 'unauthorized_client' }, { status: 400 }),
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

describe('drill: a failure that began with the refresh of five minutes and ends 3 s after the end of the token', () => {
  const transient = [
    '404',
    '405',
    '407',
    '410',
    '451',
    '501',
    '204',
    '302',
    'HTML with 200',
    'an empty 200',
    'an empty object'
  ]
  test.each([
    ...transient.map((name) => [name, 2] as const),
    ['401 in HTML', 10] as const,
    ['invalid_client', 10] as const,
    ['invalid_scope', 60] as const
  ])('costs calls for 3 s and one wait: %s, %i s', async (name, seconds) => {
    const life = 300
    let end = Number.POSITIVE_INFINITY
    const road = heldRoad((moment) => {
      if (end === Number.POSITIVE_INFINITY) end = moment + life
      else if (moment < end + 3) return (answers[name] as () => Response)()
      return granted(life)
    })
    await failedCalls(road, life)
    expect(road.requests.length).toBeGreaterThan(3)
    const failed = await failedCalls(road, 120)
    expect(failed).toBeGreaterThan(0)
    expect(failed).toBeLessThanOrEqual(Math.max(4, seconds) + 1)
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
