import { expect, test } from 'vitest'
import { granted, heldRoad } from '../support/held-road.ts'

const second = 1000

/** A takes every token and B none. */
async function resourceServers(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const { url, headers } = new Request(input, init)
  const isTaken = url.startsWith('https://a.internal/') && headers.has('authorization')
  return new Response('', { status: isTaken ? 200 : 401 })
}

test('drill: B refuses a good token while the authorization server is silent, and no call to A fails or waits', async () => {
  const silence = new Promise<Response>(() => {})
  const { tokens, clock } = heldRoad((moment) => (moment < 1 ? granted(300) : silence))
  const fetch = tokens.createFetch({ origins: ['https://a.internal', 'https://b.internal'] }, resourceServers)
  await tokens.getToken()
  await clock.advance(2 * second)
  const fromB: number[] = []
  for (let round = 0; round < 20; round += 1) {
    fetch('https://b.internal/').then(({ status }) => fromB.push(status))
    const began = clock.monotonicTime()
    const fromA = await Promise.all(Array.from({ length: 10 }, () => fetch('https://a.internal/')))
    expect(fromA.filter(({ status }) => status !== 200)).toEqual([])
    expect(clock.monotonicTime()).toBe(began)
    await clock.advance(second)
  }
  expect(fromB).toEqual(Array(20).fill(401))
})
