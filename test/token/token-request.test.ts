import { expect, test } from 'vitest'
import { tokenRequest } from '../../src/token/token-request.ts'

test('Q17 order and repeats of scope and resource make no second key', () => {
  const one = tokenRequest({ scope: ['a', 'b'], resource: ['https://x', 'https://y'], parameters: { p: '1', q: '2' } })
  const other = tokenRequest({
    scope: ['b', 'a', 'b'],
    resource: ['https://y', 'https://x'],
    parameters: { q: '2', p: '1' }
  })
  expect(other.key).toBe(one.key)
})

test('Q17 no two requests that differ in anything share a key', () => {
  const requests = [
    {},
    { scope: ['a'] },
    { scope: ['a', 'b'] },
    { scope: ['a","b'] },
    { scope: ['[[],null,[],[]]'] },
    { scope: ['b', 'a,b'] },
    { scope: ['null'] },
    { audience: 'a' },
    { audience: '' },
    { audience: 'null' },
    { resource: ['a'] },
    { resource: ['a', 'b'] },
    { parameters: { a: 'b' } },
    { parameters: { a: 'b', c: 'd' } },
    { parameters: { 'a","b': 'c' } },
    { parameters: { a: 'b","c' } },
    { scope: ['a'], audience: 'b' },
    { scope: ['b'], audience: 'a' },
    { audience: 'a', resource: ['b'] }
  ].map((fields) => tokenRequest(fields).key)
  expect(new Set(requests).size).toBe(requests.length)
})
