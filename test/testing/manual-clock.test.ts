import { expect, test, vi } from 'vitest'
import { road } from '../support/road.ts'

test('P11 under the fake timers of a test runner the clock of the client still moves by hand alone', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'Date', 'performance'] })
  try {
    const { tokens, clock, tokenRequests } = await road()
    const first = await tokens.getToken()
    vi.advanceTimersByTime(24 * 3_600_000)
    expect(await tokens.getToken()).toBe(first)
    await clock.advance(24 * 3_600_000)
    expect(await tokens.getToken()).not.toBe(first)
    expect(tokenRequests()).toBeGreaterThan(1)
  } finally {
    vi.useRealTimers()
  }
})
