import { getEventListeners } from 'node:events'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { road } from '../support/road.ts'

let warnings: Error[]

beforeEach(() => {
  warnings = []
  const note = (warning: Error) => void warnings.push(warning)
  process.on('warning', note)
  onTestFinished(() => void process.off('warning', note))
})

const users = 'https://users.internal'
const { signal } = new AbortController()

test('D28 a hundred thousand calls on one signal leave no listener on it', async () => {
  const { tokens, clock, tokenRequests } = await road()
  const answer = new Response('ok')
  const fetch = tokens.createFetch({ origins: [users] }, async () => answer)
  for (let round = 0; round < 10; round++) {
    for (let call = 0; call < 5000; call++) await Promise.all([tokens.getToken({ signal }), fetch(users, { signal })])
    await clock.advance(24 * 3_600_000) // the next call finds no token, and waits
  }
  expect(tokenRequests()).toBeGreaterThan(10)
  expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  expect(warnings).toEqual([])
}, 60_000) // a hundred thousand calls on a machine that is busy otherwise

test('D28 a thousand calls that wait at once on one signal draw no warning, and all of them arrive', async () => {
  const { tokens, tokenRequests } = await road()
  const fetch = tokens.createFetch({ origins: [users] }, async () => new Response('ok'))
  const waiting = Array.from({ length: 500 }, () => [tokens.getToken({ signal }), fetch(users, { signal })]).flat()
  await Promise.resolve()
  expect(getEventListeners(signal, 'abort')).toHaveLength(1)
  expect(await Promise.all(waiting)).toHaveLength(1000)
  expect(tokenRequests()).toBe(1)
  expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  expect(warnings).toEqual([])
})
