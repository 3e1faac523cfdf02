import { describe, expect, test } from 'vitest'
import { granted, heldRoad, pass } from '../support/held-road.ts'

const second = 1000
const html = (status: number) => () => new Response('<p>', { status })
const error = (status: number, word: string) => () => Response.json({ error: word }, { status })

/** Keys whose requests always fail are called four times a second. Good ones are called once a second, and a new one every twenty seconds. */
async function callsBeside(refuse: () => Response, badKeys: number, seconds: number, badFrom = 0) {
  const { tokens, clock, moment } = heldRoad(async (_moment, scope) => {
    if (scope.startsWith('bad')) return refuse()
    await pass(clock, 20)
    return granted(scope === 'short' ? 20 : 300)
  })
  const failedAt: Record<'short' | 'long' | 'new', number[]> = { short: [], long: [], new: [] }
  const call = (scope: string, of: keyof typeof failedAt) =>
    tokens.getToken({ scope }).catch(() => failedAt[of].push(moment()))
  for (let quarter = 0; quarter < 4 * seconds; quarter += 1) {
    for (let bad = 0; bad < badKeys && quarter >= 4 * badFrom; bad += 1)
      tokens.getToken({ scope: `bad-${bad}` }).catch(() => {})
    if (quarter % 4 === 0) for (const of of ['short', 'long'] as const) call(of, of)
    if (quarter % 80 === 40) call(`new-${quarter}`, 'new')
    await clock.advance(second / 4)
  }
  return failedAt
}

describe('drill: keys whose requests always fail cost no call for another key', () => {
  test.each([
    ['500', html(500)],
    ['404', html(404)],
    ['403 in HTML', html(403)],
    ['access_denied with 403', error(403, 'access_denied')],
    ['server_error', error(500, 'server_error')],
    ['400 that is no OAuth error', html(400)],
    ['an empty object', () => Response.json({})],
    ['invalid_scope', error(400, 'invalid_scope')]
  ])('%s', async (_name, refuse) => {
    for (const badKeys of [1, 2, 4])
      expect(await callsBeside(refuse, badKeys, 240)).toEqual({ short: [], long: [], new: [] })
  })
})

describe('drill: a refusal of the client for keys of their own costs the others one wait, and no call with a token in hand', () => {
  test.each([
    ['unauthorized_client', error(400, 'unauthorized_client')],
    ['invalid_client', error(401, 'invalid_client')],
    ['401 in HTML', html(401)]
  ])('%s', async (_name, refuse) => {
    for (const badKeys of [1, 2, 4]) {
      const failedAt = await callsBeside(refuse, badKeys, 300, 25)
      expect([failedAt.short, failedAt.long]).toEqual([[], []])
      expect(Math.max(0, ...failedAt.new)).toBeLessThan(25 + 20)
    }
  })
})
