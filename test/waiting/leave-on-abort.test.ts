import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { manualClock } from '../../src/testing/index.ts'
import { leaveOnAbort } from '../../src/waiting/leave-on-abort.ts'
import { pause } from '../../src/waiting/pause.ts'

function openFlight() {
  let resolve: (value: string) => void = () => {}
  let reject: (reason: Error) => void = () => {}
  const promise = new Promise<string>((arrive, fail) => {
    resolve = arrive
    reject = fail
  })
  return { promise, resolve, reject }
}

test('Q2 an abort rejects this waiter with its own reason and no other', async () => {
  const clock = manualClock()
  const flight = openFlight()
  const leaving = new AbortController()
  const left = leaveOnAbort(flight.promise, { signal: leaving.signal }, clock)
  const stayed = leaveOnAbort(flight.promise, { signal: new AbortController().signal }, clock)
  leaving.abort('my reason')
  await expect(left).rejects.toBe('my reason')
  flight.resolve('arrived')
  await expect(stayed).resolves.toBe('arrived')
})

test('Q2 a signal that is aborted already rejects at once', async () => {
  const never = new Promise<string>(() => {})
  await expect(leaveOnAbort(never, { signal: AbortSignal.abort('gone') }, manualClock())).rejects.toBe('gone')
})

test('Q5 each waiter times out alone', async () => {
  const clock = manualClock()
  const flight = openFlight()
  const short = leaveOnAbort(flight.promise, { maxWait: 100 }, clock)
  const long = leaveOnAbort(flight.promise, { maxWait: 200 }, clock)
  const shortFails = expect(short).rejects.toMatchObject({ code: 'ERR_TIMEOUT', transient: true })
  await clock.advance(150)
  await shortFails
  flight.resolve('arrived')
  await expect(long).resolves.toBe('arrived')
})

test('Q3 a flight that fails after everybody left is no unhandled rejection', async () => {
  const unhandled: unknown[] = []
  const note = (reason: unknown) => void unhandled.push(reason)
  process.on('unhandledRejection', note)
  const clock = manualClock()
  const flight = openFlight()
  const leaving = new AbortController()
  const waiter = leaveOnAbort(flight.promise, { signal: leaving.signal, maxWait: 1000 }, clock)
  leaving.abort('gone')
  await expect(waiter).rejects.toBe('gone')
  flight.reject(new Error('late'))
  await clock.advance(2000)
  process.off('unhandledRejection', note)
  expect(unhandled).toEqual([])
})

test('D28 neither a timer nor a listener stays behind, however the wait ends', async () => {
  const clock = manualClock()
  const ends = ['arrives', 'fails', 'aborts', 'times out'] as const
  for (const end of ends) {
    const flight = openFlight()
    const leaving = new AbortController()
    const settled = leaveOnAbort(flight.promise, { signal: leaving.signal, maxWait: 1000 }, clock).catch(() => {})
    if (end === 'arrives') flight.resolve('arrived')
    if (end === 'fails') flight.reject(new Error('failed'))
    if (end === 'aborts') leaving.abort()
    if (end === 'times out') await clock.advance(1000)
    await settled
    await clock.advance(0)
    expect([end, clock.timers, getEventListeners(leaving.signal, 'abort').length]).toEqual([end, 0, 0])
  }
})

test('D28 a thousand waits on one signal are one listener and no warning, and all of them leave', async () => {
  const warnings: Error[] = []
  const note = (warning: Error) => void warnings.push(warning)
  process.on('warning', note)
  const clock = manualClock()
  const leaving = new AbortController()
  const { signal } = leaving
  const never = new Promise<string>(() => {})
  const waits = Array.from({ length: 1000 }, (_, index) =>
    index % 2 === 0 ? leaveOnAbort(never, { signal }, clock) : pause(clock, 1000, signal)
  )
  expect(getEventListeners(signal, 'abort')).toHaveLength(1)
  leaving.abort('gone')
  const settled = await Promise.allSettled(waits)
  process.off('warning', note)
  expect(settled).toEqual(Array(1000).fill({ status: 'rejected', reason: 'gone' }))
  expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  expect(warnings).toEqual([])
})
