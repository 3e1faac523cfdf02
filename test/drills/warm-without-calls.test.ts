import { expect, test } from 'vitest'
import { granted, heldRoad } from '../support/held-road.ts'

test('drill: ready() keeps tokens of 30 s warm without a call', async () => {
  const { tokens, clock } = heldRoad(() => granted(30))
  let expired = 0
  tokens.on('expired', () => {
    expired += 1
  })
  await tokens.ready()
  await clock.advance(105_000)
  expect(expired).toBe(0)
  expect(tokens.state).toBe('fresh')
})
