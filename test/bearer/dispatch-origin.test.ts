import { expect, test } from 'vitest'
import { dispatchOrigin, isOriginUnknown } from '../../src/bearer/dispatch-origin.ts'

const users = 'https://users.internal'

test.each<[unknown, string | undefined]>([
  [users, users],
  [`${users}/`, users],
  ['HTTPS://Users.Internal:443', users],
  [new URL(users), users],
  [new URL(`${users}/path`), undefined],
  [`${users}/path`, undefined],
  [`${users}?query`, undefined],
  ['https://user@users.internal', undefined],
  ['https://:word@users.internal', undefined],
  ['https+unix://users.internal', undefined],
  ['xhttps://users.internal', undefined],
  ['ftp://users.internal', undefined],
  ['users.internal', undefined],
  [42, undefined],
  [undefined, undefined],
  [null, undefined],
  ['', undefined]
])('D13 U79 a dispatch that names %s certainly goes to %s', (origin, certain) => {
  expect(dispatchOrigin(origin, undefined)).toBe(certain)
  expect(dispatchOrigin(origin, undefined)).toBe(certain) // also when it is remembered
})

test.each<[unknown, string | undefined]>([
  [undefined, users],
  [null, users],
  ['', users],
  [users, users],
  [new URL(users), users],
  ['https://elsewhere.example', undefined],
  ['nonsense', undefined]
])('D14 D15 below a client of one origin, a dispatch that names %s certainly goes to %s', (origin, certain) => {
  expect(dispatchOrigin(origin, `${users}/`)).toBe(certain)
})

test('D15 below a dispatcher that chooses among several origins the destination is never certain, whatever the request names', () => {
  expect(dispatchOrigin(users, null)).toBeUndefined()
  expect(dispatchOrigin(undefined, null)).toBeUndefined()
})

test('D15 the destination of a request without an origin is unknown, unless its dispatcher has one', () => {
  for (const missing of [undefined, null, '']) {
    expect(isOriginUnknown(missing, undefined)).toBe(true)
    expect(isOriginUnknown(missing, null)).toBe(true)
    expect(isOriginUnknown(missing, users)).toBe(false)
    expect(isOriginUnknown(users, missing)).toBe(false)
  }
})

test('Q18 a thousand origins and more are told apart as one is', () => {
  const origins = Array.from({ length: 2500 }, (_, index) => `https://tenant-${index}.internal`)
  for (const origin of [...origins, ...origins]) expect(dispatchOrigin(`${origin}/`, undefined)).toBe(origin)
})
