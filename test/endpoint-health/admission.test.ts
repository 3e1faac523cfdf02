import { expect, test } from 'vitest'
import { Admission, type Slot } from '../../src/endpoint-health/admission.ts'
import { manualClock } from '../../src/testing/index.ts'

const atOnce = 16
const inBackground = 12

/** The admission of a server that is ill, or rests, when the test says so. */
function setUp() {
  const clock = manualClock()
  const server = { isIll: false, restsSince: undefined as number | undefined, otherKeysMayProbe: false }
  const admission = new Admission({
    clock,
    isIll: () => server.isIll,
    restsSince: () => server.restsSince,
    beginProbe: () => clock.monotonicTime() + 1000,
    mayProbeNext: () => server.otherKeysMayProbe
  })
  const staying = new AbortController()
  const takeSlot = (signal = staying.signal) => admission.takeSlot({}, signal)
  const taken = (count: number) => Array.from({ length: count }, () => takeSlot() as Slot)

  /** The server turns out to be ill: that slot found out. */
  function fallIll(slot: Slot): void {
    server.isIll = true
    admission.foundIll(slot)
  }
  /** One that had a slot has found out, and released it. */
  function foundIll(): void {
    const slot = takeSlot() as Slot
    fallIll(slot)
    slot.release()
  }
  function recover(): void {
    server.isIll = false
    admission.foundWell()
  }
  return { clock, server, admission, takeSlot, taken, fallIll, foundIll, recover, staying }
}

/** The current state of a promise. */
async function soFar<T>(promise: T | Promise<T>): Promise<T | 'waiting'> {
  const later = new Promise<'waiting'>((resolve) => setImmediate(() => resolve('waiting')))
  return Promise.race([promise, later])
}

/** A flight that nobody waits for, and whether it has been called back. */
function refreshOf(admission: Admission) {
  const refresh = { slot: undefined as Slot | undefined, calls: 0, key: {} }
  refresh.slot = admission.takeSlotInBackground(refresh.key, () => {
    refresh.calls += 1
  })
  return refresh
}

test('sixteen requests are at a well server at a time, and who waits gets a slot when one is released', async () => {
  const { takeSlot, taken } = setUp()
  const slots = taken(atOnce)
  const [next, last] = [takeSlot(), takeSlot()]
  expect(await soFar(next)).toBe('waiting')
  slots[3]?.release()
  expect(await soFar(next)).toMatchObject({ isAwaited: true })
  expect(await soFar(last)).toBe('waiting')
})

test('a slot that is released twice makes room once', () => {
  const { admission } = setUp()
  const first = refreshOf(admission)
  first.slot?.release()
  first.slot?.release()
  const refreshes = Array.from({ length: inBackground + 1 }, () => refreshOf(admission))
  expect(refreshes.filter(({ slot }) => slot !== undefined)).toHaveLength(inBackground)
})

test('a waiting caller that leaves gets no slot and does not take one from others', async () => {
  const { takeSlot, taken } = setUp()
  const [first] = taken(atOnce)
  const leaving = new AbortController()
  const [leaver, next] = [takeSlot(leaving.signal), takeSlot()]
  leaving.abort()
  first?.release()
  expect([await leaver, await soFar(next)]).toEqual([undefined, expect.objectContaining({ isAwaited: true })])
})

test('refreshes that nobody waits for leave four slots to callers, and are called back in their order', () => {
  const { admission, taken } = setUp()
  const refreshes = Array.from({ length: inBackground + 2 }, () => refreshOf(admission))
  expect(refreshes.filter(({ slot }) => slot !== undefined)).toHaveLength(inBackground)
  expect(taken(atOnce - inBackground)).toHaveLength(4)
  refreshes[0]?.slot?.release()
  expect(refreshes.map(({ calls }) => calls).slice(-2)).toEqual([1, 1])
})

test('callers in line go before refreshes that nobody waits for', async () => {
  const { admission, takeSlot, taken } = setUp()
  const [first, second] = taken(atOnce)
  const refresh = refreshOf(admission)
  const caller = takeSlot()
  first?.release()
  expect(await soFar(caller)).not.toBe('waiting')
  expect(refresh.calls).toBe(0)
  second?.release()
  expect(refresh.calls).toBe(1)
})

test('a refresh that was withdrawn is not called back', () => {
  const { admission, taken } = setUp()
  const [first] = taken(atOnce)
  const refresh = refreshOf(admission)
  admission.withdraw(refresh.key)
  first?.release()
  expect(refresh.calls).toBe(0)
})

test('an ill server gets one request that callers wait for, at the moment that its health names', async () => {
  const { clock, takeSlot, foundIll } = setUp()
  foundIll()
  const probe = takeSlot() as Slot
  expect(probe.startAt).toBe(clock.monotonicTime() + 1000)
  expect(await soFar(takeSlot())).toBe('waiting')
})

test('a refresh may find out that an ill server is well, but not beside another request', () => {
  const { admission, takeSlot, foundIll } = setUp()
  foundIll()
  expect(refreshOf(admission).slot).toBeDefined()
  expect(refreshOf(admission).slot).toBeUndefined()
  expect((takeSlot() as Slot).isAwaited).toBe(true) // a caller does not queue behind it
})

test('when the probe of an ill server has failed, those in line are turned away', async () => {
  const { admission, takeSlot, foundIll } = setUp()
  foundIll()
  const probe = takeSlot() as Slot
  const waiting = takeSlot()
  admission.foundIll(probe)
  probe.release()
  expect(await soFar(waiting)).toBeUndefined()
})

test('another key may probe next when one key alone has failed', async () => {
  const { server, admission, takeSlot, foundIll } = setUp()
  foundIll()
  const probe = takeSlot() as Slot
  const [next, last] = [takeSlot(), takeSlot()]
  server.otherKeysMayProbe = true
  admission.foundIll(probe)
  probe.release()
  expect(await soFar(next)).toMatchObject({ isAwaited: true })
  expect(await soFar(last)).toBe('waiting')
})

test('a probe that ends without a verdict lets the next in line find out', async () => {
  const { takeSlot, foundIll } = setUp()
  foundIll()
  const probe = takeSlot() as Slot
  const next = takeSlot()
  probe.release()
  expect(await soFar(next)).toMatchObject({ isAwaited: true })
})

test('of many that fail together one alone may go on, and the others go on once it has found the server well', async () => {
  const { admission, taken, fallIll, recover, staying } = setUp()
  const [first, second] = taken(2) as [Slot, Slot]
  fallIll(first)
  admission.foundIll(second)
  expect(first.mayGoOn(staying.signal)).toBe(true)
  const waits = second.mayGoOn(staying.signal)
  expect(await soFar(waits)).toBe('waiting')
  recover()
  expect(await soFar(waits)).toBe(true)
})

test('nobody goes on while the server has asked for a pause', () => {
  const { clock, server, taken, fallIll, staying } = setUp()
  const [first, second] = taken(2) as [Slot, Slot]
  fallIll(first)
  server.restsSince = clock.monotonicTime()
  expect([first.mayGoOn(staying.signal), second.mayGoOn(staying.signal)]).toEqual([false, false])
})

test('a first request does not leave if the server has asked for a pause since its slot was taken, and the one that breaks a pause leaves', async () => {
  const { clock, server, takeSlot, foundIll } = setUp()
  const early = takeSlot() as Slot
  await clock.advance(1)
  foundIll()
  server.restsSince = clock.monotonicTime()
  const probe = takeSlot() as Slot
  expect([early.mayStart(), probe.mayStart()]).toEqual([false, true])
})

test('a refresh does not wait at an ill server, it ends', () => {
  const { admission, taken, fallIll, staying } = setUp()
  const [first] = taken(1)
  const refresh = refreshOf(admission)
  fallIll(first as Slot)
  expect(refresh.slot?.mayGoOn(staying.signal)).toBe(false)
})

test('recovery lets sixteen in, callers first', async () => {
  const { admission, takeSlot, foundIll, recover } = setUp()
  foundIll()
  const probe = takeSlot() as Slot
  const waiting = Array.from({ length: atOnce + 4 }, () => takeSlot())
  const refresh = refreshOf(admission)
  recover()
  probe.release()
  const outcomes = await Promise.all(waiting.map(soFar))
  expect(outcomes.filter((outcome) => outcome !== 'waiting')).toHaveLength(atOnce)
  expect(refresh.calls).toBe(0)
})
