import { runInNewContext } from 'node:vm'
import { afterEach, expect, test } from 'vitest'
import { guardedEmitter } from '../src/emitter.ts'

const event = { scope: [], resource: [], serial: 1 } as const
const warnings: string[] = []
/** Ignores warnings of Node itself, such as NO_COLOR beside FORCE_COLOR. */
const collect = ({ name, message }: Error) => name === 'TokenClientWarning' && warnings.push(message)

process.on('warning', collect)
afterEach(() => void warnings.splice(0))

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('Q9 a listener that throws is reported once, and the others still hear', async () => {
  const { emit, on } = guardedEmitter()
  const heard: number[] = []
  on('expired', () => {
    throw new Error('secret-marker')
  })
  on('expired', ({ serial }) => heard.push(serial))
  emit('expired', event)
  emit('expired', event)
  await turn()
  expect(heard).toEqual([1, 1])
  expect(warnings).toEqual([expect.stringContaining('A listener for "expired"')])
  expect(warnings.join()).not.toContain('secret-marker')
})

test('Q11 a listener that rejects is caught', async () => {
  const { emit, on } = guardedEmitter()
  on('expired', () => Promise.reject(new Error('x')))
  emit('expired', event)
  await turn()
  expect(warnings).toHaveLength(1)
})

test('Q11 what a listener gives back can reject without being a Promise of this realm', async () => {
  const { emit, on } = guardedEmitter()
  on('expired', () => runInNewContext('Promise.reject(new Error())'))
  emit('expired', event)
  await turn()
  await turn()
  expect(warnings).toHaveLength(1)
})

test.each([
  ['an event that is misspelt', ['refresh', () => {}], 'The known names are: refreshed, refresh-failed,'],
  ['no listener', ['refreshed', undefined], "on('refreshed')"]
])('%s is refused where it is given, not silent for ever', (_, given, message) => {
  const on = guardedEmitter().on as (...given: unknown[]) => unknown
  expect(() => on(...given)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }))
  expect(() => on(...given)).toThrow(message)
})

test('Q10 listeners are called after the caller of emit has finished', async () => {
  const { emit, on } = guardedEmitter()
  const order: string[] = []
  on('expired', () => order.push('told'))
  emit('expired', event)
  order.push('state is final')
  await turn()
  expect(order).toEqual(['state is final', 'told'])
})

test('a listener is removed by what on() returned and by off(), and twice does no harm', async () => {
  const { emit, on, off } = guardedEmitter()
  const heard: string[] = []
  const one = () => heard.push('one')
  const all = (name: string) => heard.push(name)
  const remove = on('expired', one)
  on('expired', one)
  on('*', all)
  emit('expired', event)
  await turn()
  expect(heard).toEqual(['one', 'expired'])
  remove()
  remove()
  off('*', all)
  off('*', all)
  emit('expired', event)
  await turn()
  expect(heard).toHaveLength(2)
})

test('an event cannot be changed by one listener for the next', async () => {
  const { emit, on } = guardedEmitter()
  const seen: number[] = []
  on('expired', (told) => {
    ;(told as { serial: number }).serial = 9
  })
  on('expired', ({ serial }) => seen.push(serial))
  emit('expired', event)
  await turn()
  expect(seen).toEqual([1])
})
