import { expect, test } from 'vitest'
import { manualClock } from '../../src/testing/index.ts'
import { sharedTimer } from '../../src/waiting/shared-timer.ts'

function setUp() {
  const clock = manualClock()
  const fired: string[] = []
  const shared = sharedTimer(clock)
  const start = (name: string, delay: number) => shared.startTimer(() => void fired.push(name), delay)
  return { clock, shared, fired, start }
}

test('W24 all who wait have one timer, and each is called in its time', async () => {
  const { clock, fired, start } = setUp()
  for (const delay of [300, 100, 200, 100]) start(`${delay}`, delay)
  expect(clock.timers).toBe(1)
  await clock.advance(99)
  expect(fired).toEqual([])
  await clock.advance(1)
  expect(fired).toEqual(['100', '100'])
  await clock.advance(200)
  expect(fired).toEqual(['100', '100', '200', '300'])
  expect(clock.timers).toBe(0)
})

test('W24 one that is cancelled is not called, not even by another one that is due with it', async () => {
  const { clock, shared, fired, start } = setUp()
  const late = start('late', 500)
  shared.startTimer(() => second.cancel(), 100)
  const second = start('second', 100)
  late.cancel()
  await clock.advance(1000)
  expect(fired).toEqual([])
  expect(clock.timers).toBe(0)
})

test('W24 one that is started by a call that is due gets its own time', async () => {
  const { clock, shared, fired, start } = setUp()
  shared.startTimer(() => void start('next', 50), 100)
  await clock.advance(149)
  expect(fired).toEqual([])
  await clock.advance(1)
  expect(fired).toEqual(['next'])
})

test('W24 a deadline and a timer that is held have a timer each, which holds the process', async () => {
  const { clock, shared, fired, start } = setUp()
  start('waiting', 100)
  shared.startTimer(() => void fired.push('deadline'), 100, 'deadline')
  const held = start('held', 100)
  held.hold()
  expect(clock.timers).toBe(3)
  const cancelled = start('cancelled', 100)
  cancelled.hold()
  cancelled.cancel()
  await clock.advance(100)
  expect(fired.toSorted()).toEqual(['deadline', 'held', 'waiting'])
})
