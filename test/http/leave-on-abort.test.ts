import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { leaveOnAbort } from '../../src/http/leave-on-abort.ts'
import { manualClock } from '../../src/testing/index.ts'

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
