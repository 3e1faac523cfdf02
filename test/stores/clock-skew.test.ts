import { expect, onTestFinished, test } from 'vitest'
import type { Clock } from '../../src/clock.ts'
import { manualClock } from '../../src/testing/index.ts'
import { createTokenClient, type TokenClient } from '../../src/token-client/token-client.ts'
import { loaded } from '../support/loaded.ts'
import { memoryStore } from '../support/memory-store.ts'

await loaded()

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const life = hour
const sealingKey = Buffer.alloc(32, 1).toString('base64')

/** Two instances of one service, of which the second one's clock is that much ahead of the first one's. */
function skewed(ahead: number) {
  const clock = manualClock({ random: 0.5 })
  const store = memoryStore(clock)
  const given: { readonly value: string; readonly endsAt: number }[] = []

  async function give(): Promise<Response> {
    const value = `token-${given.length + 1}`
    given.push({ value, endsAt: clock.monotonicTime() + life })
    return Response.json({ access_token: value, token_type: 'Bearer', expires_in: life / second })
  }

  function instance(offset: number): TokenClient {
    const own: Clock = { ...clock, wallTime: () => clock.wallTime() + offset }
    const client = { tokenEndpoint: 'https://auth.test/token', clientId: 'orders', clientSecret: 'secret' }
    const tokens = createTokenClient({ ...client, clock: own, store, sealingKey, fetch: give })
    onTestFinished(() => tokens.close())
    return tokens
  }

  /** For how many ms the token that a call gets is still good. */
  async function goodFor(tokens: TokenClient): Promise<number> {
    let value: string | undefined
    tokens.getToken({ maxWait: 5 * second }).then((token) => (value = token.value))
    for (let step = 0; value === undefined && step < 20; step += 1) await clock.advance(step === 0 ? 0 : 500)
    return (given.find((one) => one.value === value)?.endsAt ?? Number.NaN) - clock.monotonicTime()
  }
  return { clock, given, goodFor, instances: [instance(0), instance(ahead)] as const }
}

test.for([0, 30 * second, -30 * second, 10 * minute, -10 * minute, 5 * hour, -5 * hour])(
  'K14 S19 no instance is left without a token by a clock that is %i ms ahead of another one, and none asks again and again',
  async (ahead) => {
    const { clock, given, goodFor, instances } = skewed(ahead)
    for (let passed = 0; passed < 10 * hour; passed += minute) {
      for (const one of instances) expect(await goodFor(one)).toBeGreaterThan(-Math.abs(ahead))
      await clock.advance(minute)
    }
    // Alone each would ask about thirteen times.
    expect(given.length).toBeLessThanOrEqual(30)
  }
)

test.for([hour, -hour, 24 * hour, -24 * hour])(
  'K14 S19 a token of an instance whose clock is %i ms ahead is believed for its whole life at most',
  async (ahead) => {
    const { clock, goodFor, instances } = skewed(ahead)
    const [, other] = instances
    await goodFor(other)
    const token = instances[0].getToken({ maxWait: 5 * second })
    await clock.advance(5 * second)
    const { value } = await token
    await clock.advance(life)
    const later = instances[0].getToken({ maxWait: 5 * second })
    await clock.advance(5 * second)
    expect((await later).value).not.toBe(value)
  }
)
