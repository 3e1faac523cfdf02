import { expect, test } from 'vitest'
import { type Door, door, type Place } from '../../src/endpoint-health/door.ts'
import { manualClock } from '../../src/testing/index.ts'

const atOnce = 16
const behindAtOnce = 12

/** A door to a server that is ill, or rests, when the test says so. */
function setUp() {
  const clock = manualClock()
  const server = { isIll: false, isResting: false, otherKeysMayProbe: false }
  const places = door({
    clock,
    isIll: () => server.isIll,
    isResting: () => server.isResting,
    beginProbe: () => clock.monotonicTime() + 1000,
    mayProbeNext: () => server.otherKeysMayProbe
  })
  const staying = new AbortController()
  const enter = (signal = staying.signal) => places.enter({}, signal)
  const inside = (count: number) => Array.from({ length: count }, () => enter() as Place)

  /** The server turns out to be ill: that place found out. */
  function fallIll(place: Place): void {
    server.isIll = true
    places.isIll(place)
  }
  /** One that went in has found out, and left. */
  function foundIll(): void {
    const place = enter() as Place
    fallIll(place)
    place.leave()
  }
  function recover(): void {
    server.isIll = false
    places.isWell()
  }
  return { clock, server, places, enter, inside, fallIll, foundIll, recover, staying }
}

/** What a promise has come to by now. */
async function soFar<T>(promise: T | Promise<T>): Promise<T | 'waiting'> {
  const later = new Promise<'waiting'>((resolve) => setImmediate(() => resolve('waiting')))
  return Promise.race([promise, later])
}

/** A flight that nobody waits for, and whether it has been called back. */
function behind(places: Door) {
  const visit = { place: undefined as Place | undefined, calls: 0, key: {} }
  visit.place = places.enterBehind(visit.key, () => {
    visit.calls += 1
  })
  return visit
}

test('sixteen requests are at a well server at a time, and who waits goes in when one leaves', async () => {
  const { enter, inside } = setUp()
  const places = inside(atOnce)
  const [next, last] = [enter(), enter()]
  expect(await soFar(next)).toBe('waiting')
  places[3]?.leave()
  expect(await soFar(next)).toMatchObject({ isAwaited: true })
  expect(await soFar(last)).toBe('waiting')
})

test('a place that is left twice makes room once', () => {
  const { places } = setUp()
  const first = behind(places)
  first.place?.leave()
  first.place?.leave()
  const visits = Array.from({ length: behindAtOnce + 1 }, () => behind(places))
  expect(visits.filter(({ place }) => place !== undefined)).toHaveLength(behindAtOnce)
})

test('whoever waits for a place and leaves gets none, and keeps nobody else from it', async () => {
  const { enter, inside } = setUp()
  const [first] = inside(atOnce)
  const leaving = new AbortController()
  const [leaver, next] = [enter(leaving.signal), enter()]
  leaving.abort()
  first?.leave()
  expect([await leaver, await soFar(next)]).toEqual([undefined, expect.objectContaining({ isAwaited: true })])
})

test('refreshes that nobody waits for leave four places to callers, and are called back in their order', () => {
  const { places, inside } = setUp()
  const visits = Array.from({ length: behindAtOnce + 2 }, () => behind(places))
  expect(visits.filter(({ place }) => place !== undefined)).toHaveLength(behindAtOnce)
  expect(inside(atOnce - behindAtOnce)).toHaveLength(4)
  visits[0]?.place?.leave()
  expect(visits.map(({ calls }) => calls).slice(-2)).toEqual([1, 1])
})

test('callers in line go before refreshes that nobody waits for', async () => {
  const { places, enter, inside } = setUp()
  const [first, second] = inside(atOnce)
  const refresh = behind(places)
  const caller = enter()
  first?.leave()
  expect(await soFar(caller)).not.toBe('waiting')
  expect(refresh.calls).toBe(0)
  second?.leave()
  expect(refresh.calls).toBe(1)
})

test('a refresh that was withdrawn is not called back', () => {
  const { places, inside } = setUp()
  const [first] = inside(atOnce)
  const refresh = behind(places)
  places.withdraw(refresh.key)
  first?.leave()
  expect(refresh.calls).toBe(0)
})

test('an ill server gets one request that callers wait for, at the moment that its health names', async () => {
  const { clock, enter, foundIll } = setUp()
  foundIll()
  const probe = enter() as Place
  expect(probe.startAt).toBe(clock.monotonicTime() + 1000)
  expect(await soFar(enter())).toBe('waiting')
})

test('a refresh may find out that an ill server is well, but not beside another request', () => {
  const { places, enter, foundIll } = setUp()
  foundIll()
  expect(behind(places).place).toBeDefined()
  expect(behind(places).place).toBeUndefined()
  expect((enter() as Place).isAwaited).toBe(true) // a caller does not queue behind it
})

test('when the probe of an ill server has failed, those in line are turned away', async () => {
  const { places, enter, foundIll } = setUp()
  foundIll()
  const probe = enter() as Place
  const waiting = enter()
  places.isIll(probe)
  probe.leave()
  expect(await soFar(waiting)).toBeUndefined()
})

test('another key may probe next when one key alone has failed', async () => {
  const { server, places, enter, foundIll } = setUp()
  foundIll()
  const probe = enter() as Place
  const [next, last] = [enter(), enter()]
  server.otherKeysMayProbe = true
  places.isIll(probe)
  probe.leave()
  expect(await soFar(next)).toMatchObject({ isAwaited: true })
  expect(await soFar(last)).toBe('waiting')
})

test('a probe that ends without a verdict lets the next in line find out', async () => {
  const { enter, foundIll } = setUp()
  foundIll()
  const probe = enter() as Place
  const next = enter()
  probe.leave()
  expect(await soFar(next)).toMatchObject({ isAwaited: true })
})

test('of many that fail together one alone may go on, and the others go on once it has found the server well', async () => {
  const { places, inside, fallIll, recover, staying } = setUp()
  const [first, second] = inside(2) as [Place, Place]
  fallIll(first)
  places.isIll(second)
  expect(first.mayGoOn(staying.signal)).toBe(true)
  const waits = second.mayGoOn(staying.signal)
  expect(await soFar(waits)).toBe('waiting')
  recover()
  expect(await soFar(waits)).toBe(true)
})

test('nobody goes on while the server has asked for a pause', () => {
  const { server, inside, fallIll, staying } = setUp()
  const [first, second] = inside(2) as [Place, Place]
  fallIll(first)
  server.isResting = true
  expect([first.mayGoOn(staying.signal), second.mayGoOn(staying.signal)]).toEqual([false, false])
})

test('a refresh does not wait for others at an ill server: it ends', () => {
  const { places, inside, fallIll, staying } = setUp()
  const [first] = inside(1)
  const refresh = behind(places)
  fallIll(first as Place)
  expect(refresh.place?.mayGoOn(staying.signal)).toBe(false)
})

test('recovery lets sixteen in, callers first', async () => {
  const { places, enter, foundIll, recover } = setUp()
  foundIll()
  const probe = enter() as Place
  const waiting = Array.from({ length: atOnce + 4 }, () => enter())
  const refresh = behind(places)
  recover()
  probe.leave()
  const outcomes = await Promise.all(waiting.map(soFar))
  expect(outcomes.filter((outcome) => outcome !== 'waiting')).toHaveLength(atOnce)
  expect(refresh.calls).toBe(0)
})
