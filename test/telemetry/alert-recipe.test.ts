import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type Behaviour, granted, heldRoad } from '../support/held-road.ts'

const page = readFileSync(new URL('../../docs/events.md', import.meta.url), 'utf8')
const [, recipe = ''] = /## What is worth an alert.*?```ts\n(.*?)```/s.exec(page) ?? []

/** Follows the recipe of the page for one token. Returns how many seconds of the token were left at each report. */
async function reportsOf(life: number, behaviour: Behaviour): Promise<number[]> {
  const { tokens, clock } = heldRoad(behaviour)
  const reports: number[] = []
  const token = await tokens.getToken()
  const log = { error: () => reports.push((token.expiresAt - clock.wallTime()) / 1000) }
  new Function('tokens', 'log', 'Date', recipe)(tokens, log, { now: () => clock.wallTime() })
  for (let step = 0; step < 101 && reports.length === 0; step += 1) {
    await tokens.getToken().catch(() => {})
    await clock.advance(10 * life)
  }
  return reports
}

describe.each([300, 3600, 7200, 43_200])('the alert recipe of docs/events.md, with tokens of %i s', (life) => {
  test('is silent about a 503 that the next attempt heals', async () => {
    let asked = 0
    const reports = await reportsOf(life, () => {
      asked += 1
      return asked === 2 ? new Response('', { status: 503 }) : granted(life)
    })
    expect(asked).toBeGreaterThan(2)
    expect(reports).toEqual([])
  })

  test('reports an outage that lasts, before the token ends and not before its last tenth', async () => {
    const reports = await reportsOf(life, (moment) => (moment < 1 ? granted(life) : new Response('', { status: 503 })))
    expect(reports[0]).toBeGreaterThan(0)
    expect(reports[0]).toBeLessThanOrEqual(life / 10)
  })

  test('reports at once what does not pass', async () => {
    const refusal = () => Response.json({ error: 'unauthorized_client' }, { status: 400 })
    const reports = await reportsOf(life, (moment) => (moment < 1 ? granted(life) : refusal()))
    expect(reports[0]).toBeGreaterThan(life / 10)
  })
})
