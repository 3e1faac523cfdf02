import { expect, test, vi } from 'vitest'
import { ClientConfigurationError, type TokenClientError } from '../../src/index.ts'
import { manualClock } from '../../src/testing/index.ts'
import { type Road, road } from '../support/road.ts'

const second = 1000
const hour = 3_600_000

interface Failure {
  readonly code: string
  /** Epoch ms, by the clock of the test. */
  readonly at: number
  readonly nextAttemptAt: number
}

function failuresOf({ tokens, clock }: Road): readonly Failure[] {
  const seen: Failure[] = []
  tokens.on('refresh-failed', ({ error: { code }, nextAttemptAt }) =>
    seen.push({ code, at: clock.wallTime(), nextAttemptAt })
  )
  return seen
}

/** Lets a refresh fail for a while: the failures of that time, and when each attempt was to start. */
async function failing(made: Road, hours: number, fault: (faults: Road['server']['faults']) => void) {
  const { tokens, server, clock } = made
  const token = await tokens.ready().then(() => tokens.getToken())
  const failures = failuresOf(made)
  const dueAt = tokens.health().tokens[0]?.refreshAt ?? Number.NaN
  fault(server.faults)
  await clock.advance(hours * hour)
  return { token, failures, starts: [dueAt, ...failures.map(({ nextAttemptAt }) => nextAttemptAt)] }
}

/** The code of its error, and how long the caller waited by the clock of the test. */
async function refusal({ tokens, clock }: Road, maxWait: number): Promise<readonly [string, number]> {
  const asked = clock.monotonicTime()
  const { code } = await tokens.getToken({ maxWait }).then(
    () => ({ code: 'a token came' }),
    (error: TokenClientError) => error
  )
  return [code, clock.monotonicTime() - asked]
}

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

test('P11 twelve hours over a real server are one refresh and no failure, as README has it', async () => {
  const { tokens, clock, told, tokenRequests } = await road()
  await tokens.ready()
  await clock.advance(12 * 3_600_000)
  expect(told).toEqual(['refreshed', 'refreshed'])
  expect(tokenRequests()).toBe(2)
  expect(tokens.health().state).toBe('fresh')
})

test('P11 25 days over a real server are one refresh for each 9.6 hours, and what wakes in between costs no real time', async () => {
  const { tokens, clock, told } = await road()
  await tokens.ready()
  await clock.advance(25 * 24 * hour) // a hundred turns of the event loop before each wake would be more than a minute
  expect(told).toEqual(Array.from({ length: 1 + 62 }, () => 'refreshed'))
})

test('P11 the first calls of all get their token although hours pass meanwhile, whatever their maxWait', async () => {
  const { tokens, clock, told } = await road()
  const calls = [tokens.getToken(), tokens.getToken({ maxWait: second }), tokens.getToken({ maxWait: 1 })]
  await clock.advance(hour)
  expect((await Promise.all(calls)).map(({ serial }) => serial)).toEqual([1, 1, 1])
  expect(told).toEqual(['refreshed'])
})

test.each([
  ['comes late', 'slow', 3 * second],
  ['comes byte by byte', 'drip', 2]
] as const)('P11 T75 an answer that %s on the same clock is not too late', async (_, verb, ms) => {
  const { tokens, server, clock, told } = await road()
  await tokens.ready()
  server.faults[verb](ms)
  await clock.advance(12 * hour)
  expect(told).toEqual(['refreshed', 'refreshed'])
})

test('P11 T11 a server that hangs is given up when the deadline comes, and not later', async () => {
  const made = await road()
  const { token, failures, starts } = await failing(made, 10, (faults) => void faults.hang())
  expect(failures.length).toBeGreaterThan(2)
  expect(failures).toMatchObject(
    failures.map((_, nth) => ({ code: 'ERR_TIMEOUT', at: (starts[nth] ?? 0) + 30 * second }))
  )
  expect(await made.tokens.getToken()).toBe(token)
})

test('P11 T11 the second attempt after one that hung has real time of its own', async () => {
  const { tokens, server, clock, told, tokenRequests } = await road()
  server.faults.hang({ requests: 1 })
  const call = tokens.getToken()
  await clock.advance(10 * second)
  expect((await call).serial).toBe(1)
  expect(tokenRequests()).toBe(2)
  expect(told).toEqual(['refreshed'])
})

test('P11 rule 1: while a server is down, attempts come when the one before said, and the token survives', async () => {
  const made = await road()
  const { token, failures, starts } = await failing(made, 11.9, (faults) => void faults.down())
  expect(failures.length).toBeGreaterThan(10)
  expect(failures.map(({ at }) => at)).toEqual(starts.slice(0, -1))
  expect(await made.tokens.getToken()).toBe(token)
  expect(made.tokenRequests()).toBe(1)
})

test('P11 callers with a maxWait get the token of a server that comes back in their time', async () => {
  const { tokens, server, clock, told } = await road()
  server.faults.answer({ status: 503 }, { requests: 5 })
  const calls = [10, 60, 60, 3600].map((seconds) => tokens.getToken({ maxWait: seconds * second }))
  await clock.advance(hour)
  expect(new Set((await Promise.all(calls)).map(({ serial }) => serial))).toEqual(new Set([1]))
  expect(told).toEqual(['refresh-failed', 'refresh-failed', 'refresh-failed', 'refreshed'])
})

test('P11 four hundred callers with a maxWait leave a server that hangs when their time is up, after one wait for it', async () => {
  const made = await road()
  const { server, clock } = made
  server.faults.hang()
  const waits = Array.from({ length: 400 }, (_, nth) => (nth % 2 === 0 ? second : 3 * second))
  const calls = waits.map((maxWait) => refusal(made, maxWait))
  await clock.advance(4 * second)
  expect(await Promise.all(calls)).toEqual(waits.map((maxWait) => ['ERR_TIMEOUT', maxWait]))
})

test('P11 an option that the clock does not have is refused by its name', () => {
  // @ts-expect-error: misspelt
  const misspelt = () => manualClock({ nw: 1 })
  expect(misspelt).toThrow(ClientConfigurationError)
  expect(misspelt).toThrow(
    'manualClock.nw is not an option. Remove it or correct it: did you mean now? The known names are: now, random.'
  )
  expect(misspelt).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_OPTION' }))
})

test.each([-1, Number.NaN, Number.POSITIVE_INFINITY])(
  'P11 no clock advances by %d ms, and none stands wrong after it',
  async (ms) => {
    const clock = manualClock({ now: 0 })
    await expect(clock.advance(ms)).rejects.toThrow('manualClock().advance must be given milliseconds, 0 or more.')
    await clock.advance(second)
    expect([clock.wallTime(), clock.monotonicTime()]).toEqual([second, second])
  }
)
