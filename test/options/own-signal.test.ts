import { expect, test } from 'vitest'
import { ownSignal } from '../../src/options/own-signal.ts'

/** A signal of jsdom or a polyfill, which is not an instance of this realm's AbortSignal. */
function foreignController() {
  const signal = Object.assign(new EventTarget(), { aborted: false, reason: undefined as unknown })
  const abort = (reason?: unknown) => Object.assign(signal, { aborted: true, reason }).dispatchEvent(new Event('abort'))
  return { signal, abort }
}

test('W34 a signal of another realm aborts with its own reason', () => {
  const { signal, abort } = foreignController()
  const own = ownSignal(signal)
  expect(own).toBeInstanceOf(AbortSignal)
  expect(own?.aborted).toBe(false)
  abort('my reason')
  expect(own).toMatchObject({ aborted: true, reason: 'my reason' })
})

test('W34 a polyfill that knows no reason gives an AbortError, also when it was aborted before', () => {
  const { signal, abort } = foreignController()
  abort()
  expect(ownSignal(signal)?.reason).toMatchObject({ name: 'AbortError' })
})

test('W34 a thousand calls with one foreign signal put one listener on it', () => {
  const { signal } = foreignController()
  const own = Array.from({ length: 1000 }, () => ownSignal(signal))
  expect(new Set(own).size).toBe(1)
})

test('a signal of this realm is not wrapped, and undefined stays undefined', () => {
  const { signal } = new AbortController()
  expect(ownSignal(signal)).toBe(signal)
  for (const none of [{}, null, undefined, 7, { aborted: false }]) expect(ownSignal(none)).toBeUndefined()
})
