import { expect, test } from 'vitest'
import { Ending } from '../../src/waiting/ending.ts'
import { onAbort } from '../../src/waiting/on-abort.ts'

test('an end calls back those who wait, each once, and not those who have left', () => {
  const ending = new Ending()
  const told: string[] = []
  onAbort(ending, () => told.push('one'))
  const stay = onAbort(ending, () => told.push('other'))
  stay()
  stay() // a second call has no effect
  onAbort(ending, () => told.push('third'))
  ending.abort(new Error('first'))
  ending.abort(new Error('second'))
  expect(told).toEqual(['one', 'third'])
})

test('after the end everybody sees it, with the first reason', () => {
  const ending = new Ending()
  expect(ending.aborted).toBe(false)
  ending.throwIfAborted()
  const reason = new Error('closed')
  ending.abort(reason)
  expect(ending).toMatchObject({ aborted: true, reason })
  expect(() => ending.throwIfAborted()).toThrow(reason)
})

test('one who leaves while all are called back is not called back', () => {
  const ending = new Ending()
  const told: string[] = []
  let stay = () => {}
  onAbort(ending, () => stay())
  stay = onAbort(ending, () => told.push('left'))
  ending.abort(new Error('closed'))
  expect(told).toEqual([])
})
