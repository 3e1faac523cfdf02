import { expect, test } from 'vitest'
import type { Slot } from '../../src/endpoint-health/admission.ts'
import { EndpointHealth } from '../../src/endpoint-health/endpoint-health.ts'
import type { Key } from '../../src/endpoint-health/turns.ts'
import { TokenClientError } from '../../src/errors.ts'
import { manualClock } from '../../src/testing/index.ts'
import { down, minute, rateLimited, second } from '../cache/set-up.ts'

const never = Number.NEGATIVE_INFINITY

function setUp() {
  const clock = manualClock({ random: 0.5 })
  const health = new EndpointHealth(clock)
  const start = clock.monotonicTime()
  const staying = new AbortController()
  const empty = (): Key => ({ usableUntil: never, endsAt: never, failure: undefined })
  function takeSlot(key: object): Slot {
    const slot = health.takeSlot(key, staying.signal)
    if (slot instanceof Promise) throw new Error('there is no slot for it yet')
    return slot
  }

  function fail(slot: Slot, error: TokenClientError = down(), wasCutOff = false) {
    const at = clock.monotonicTime()
    const setback = { error, failedAt: at, sentAt: at, usableUntil: never, hasWorked: true }
    const failure = health.failed(slot, setback, wasCutOff)
    Object.assign(slot.key, { failure })
    return failure
  }
  /** Milliseconds from the start until a key without a token may be asked for. */
  const waitOf = (key: ReturnType<typeof empty>, isAwaited = false) => health.notBefore(key, isAwaited) - start
  return { clock, health, empty, takeSlot, fail, waitOf }
}

test('a server that has never failed makes nobody wait', () => {
  const { health, empty } = setUp()
  expect([health.notBefore(empty()), health.failure, health.hasAnswered]).toEqual([never, undefined, false])
})

test('a failure is remembered for all keys, and a first request for another key finds out whether all fail', () => {
  const { empty, takeSlot, fail, waitOf } = setUp()
  const [one, other] = [empty(), empty()]
  fail(takeSlot(one))
  expect(waitOf(one)).toBe(1.5 * second)
  expect(waitOf(other)).toBe(1.5 * second)
  expect(waitOf(one, true)).toBe(1.5 * second)
  expect(waitOf(other, true)).toBe(never)
})

test('once two keys have failed, a third one waits too', () => {
  const { empty, takeSlot, fail, waitOf } = setUp()
  const [one, other, third] = [empty(), empty(), empty()]
  const slot = takeSlot(one)
  fail(slot)
  slot.release()
  fail(takeSlot(other))
  expect(waitOf(third, true)).toBe(1.5 * second)
})

test('a server that has asked for a pause gets it from other keys as well', () => {
  const { empty, takeSlot, fail, waitOf } = setUp()
  const [one, other] = [empty(), empty()]
  fail(takeSlot(one), rateLimited(30 * second))
  expect(waitOf(other, true)).toBe(45 * second) // and half of the spread
})

test('a key that has failed lets others go first if a key that has not failed was turned away', () => {
  const { health, empty, takeSlot, fail, waitOf } = setUp()
  const [one, other] = [empty(), empty()]
  fail(takeSlot(one))
  health.turnedAway(one)
  expect(waitOf(one)).toBe(1.5 * second)
  health.turnedAway(other)
  expect([waitOf(one), waitOf(other)]).toEqual([2.5 * second, 1.5 * second])
})

test('a first request goes while the answers can be about other requests alone, and one of a key that has failed does not', () => {
  const { health, empty, takeSlot, fail, waitOf } = setUp()
  const odd = () => new TokenClientError('ERR_UNEXPECTED_STATUS', 'x', { transient: true, status: 451 })
  const keys = Array.from({ length: 9 }, empty)
  for (const key of keys) {
    expect(health.isInDoubt).toBe(false)
    health.failedFor(key)
  }
  expect(health.isInDoubt).toBe(true)
  const [one, other, third] = [empty(), empty(), empty()]
  const slot = takeSlot(one)
  fail(slot, odd())
  slot.release()
  fail(takeSlot(other), odd())
  expect([waitOf(third, true), waitOf(third), waitOf(other, true)]).toEqual([never, 1.5 * second, 1.5 * second])
  health.answered(false)
  expect(health.isInDoubt).toBe(false)
})

test('an answer ends the illness, and those who hope for it are told once', () => {
  const { clock, health, empty, takeSlot, fail } = setUp()
  let calls = 0
  const stop = health.whenWell(() => {
    calls += 1
  })
  health.answered(false)
  expect(calls).toBe(0) // it had not been ill
  fail(takeSlot(empty()))
  health.answered(false)
  health.answered(false)
  expect([calls, health.failure, health.wellAt, health.hasAnswered]).toEqual([
    1,
    undefined,
    clock.monotonicTime(),
    true
  ])
  stop()
  fail(takeSlot(empty()))
  health.answered(false)
  expect(calls).toBe(1)
})

test('a server is slow after an attempt that was cut off or a late answer, and no longer after a quick one', () => {
  const { health, empty, takeSlot, fail } = setUp()
  const slot = takeSlot(empty())
  fail(slot)
  expect(health.isSlow).toBe(false)
  fail(slot, down(), true)
  expect(health.isSlow).toBe(true)
  health.answered(true)
  expect(health.isSlow).toBe(true)
  health.answered(false)
  expect(health.isSlow).toBe(false)
})

test('two attempts of one flight are one failure in a row, and another flight is the next', async () => {
  const { clock, empty, takeSlot, fail } = setUp()
  const slot = takeSlot(empty())
  expect(fail(slot).count).toBe(1)
  await clock.advance(second)
  expect(fail(slot).count).toBe(1)
  slot.release()
  await clock.advance(second)
  expect(fail(takeSlot(empty())).count).toBe(2)
})

test('a failed repeat counts from its own end, also when another request has reported the same failure before', async () => {
  const { clock, health, empty, takeSlot, fail, waitOf } = setUp()
  const [one, other] = [empty(), empty()]
  const [slot, beside] = [takeSlot(one), takeSlot(other)]
  const sentAt = clock.monotonicTime()
  fail(slot)
  await clock.advance(10)
  health.failed(beside, { error: down(), failedAt: sentAt + 10, sentAt, usableUntil: never, hasWorked: true }, false)
  expect(waitOf(one)).toBe(1.5 * second)
  await clock.advance(5 * second - 10)
  // The repeat was sent in the moment of the first failure.
  health.failed(
    slot,
    { error: down(), failedAt: sentAt + 5 * second, sentAt, usableUntil: never, hasWorked: true },
    true
  )
  expect(waitOf(one)).toBe(6.5 * second)
  expect(health.failure?.count).toBe(1)
})

test('two probes of an ill server are a second apart', async () => {
  const { clock, empty, takeSlot, fail } = setUp()
  const first = takeSlot(empty())
  fail(first)
  const failedAt = clock.monotonicTime()
  first.release()
  await clock.advance(300)
  expect(takeSlot(empty()).startAt).toBe(failedAt + second)
})

test('a long pause is broken once, at the end of a token, and no second token breaks it', async () => {
  const { clock, health, empty, takeSlot, fail } = setUp()
  const moment = clock.monotonicTime()
  const ending = { usableUntil: moment + minute, endsAt: moment + minute, failure: undefined }
  const later = { usableUntil: moment + 2 * minute, endsAt: moment + 2 * minute, failure: undefined }
  const first = takeSlot(empty())
  fail(first, rateLimited(5 * minute))
  first.release()
  expect([health.notBefore(ending), health.notBefore(later)]).toEqual([ending.endsAt, later.endsAt])
  await clock.advance(minute)
  const probe = takeSlot(ending)
  fail(probe, rateLimited(4 * minute))
  probe.release()
  expect(health.notBefore(later)).toBeGreaterThanOrEqual(moment + 5 * minute)
})
