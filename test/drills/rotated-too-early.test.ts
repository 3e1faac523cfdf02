import { expect, test } from 'vitest'
import { type Behaviour, failedCalls, granted, heldRoad } from '../support/held-road.ts'

/** Seconds. */
interface Rotation {
  readonly clientAt: number
  readonly serverAt: number
  readonly life: number
}

/** Failed calls of one caller a second, when the client gets its new secret before its authorization server does. */
async function rotated({ clientAt, serverAt, life }: Rotation, seconds: number) {
  let refused = 0
  const behaviour: Behaviour = (moment, _scope, secret) => {
    if (secret === (moment < serverAt ? 'old' : 'new')) return granted(life)
    refused += 1
    return Response.json({ error: 'invalid_client' }, { status: 401 })
  }
  const road = heldRoad(behaviour, { clientSecret: () => (road.moment() < clientAt ? 'old' : 'new') })
  const failed = await failedCalls(road, seconds)
  return { failed, refused, requests: road.requests.length }
}

test('drill: a secret that changes at the client first, in one file, fails no call', async () => {
  const { failed, refused, requests } = await rotated({ clientAt: 30, serverAt: 400, life: 60 }, 600)
  expect(failed).toBe(0)
  // Tried with every refresh, and at most once a minute; the server that has followed refuses the old one once.
  expect(refused).toBeGreaterThan(0)
  expect(refused).toBeLessThanOrEqual(400 / 60 + 1)
  expect(requests - refused).toBeLessThanOrEqual(600 / 30 + 1)
})
