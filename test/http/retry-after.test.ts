import { expect, test } from 'vitest'
import { retryAfter } from '../../src/http/retry-after.ts'
import { parseHttpDate } from '../../src/http-date.ts'

const now = Date.UTC(2030, 0, 1)

test.each([
  ['30', 30_000],
  ['0', 0],
  ['007', 7000],
  ['999999999', 999_999_999_000],
  ['9'.repeat(400), Number.MAX_SAFE_INTEGER]
])('T55 T58 T59 C67 Retry-After: %s is so many seconds', (field, wait) => {
  expect(retryAfter({ headers: { 'retry-after': field } }, now)).toBe(wait)
})

test.each(['-5', 'abc', '1.5', '', '30, 60', '+5', ' 5', '0x10', '1e3', 'Tue, 01 Jan 2030 00:01:00 CET'])(
  'T57 C67 Retry-After: %j is ignored',
  (field) => {
    expect(retryAfter({ headers: { 'retry-after': field } }, now)).toBeUndefined()
  }
)

test('T57 an answer without Retry-After says nothing', () => {
  expect(retryAfter({ headers: {} }, now)).toBeUndefined()
})

test.each(['Tue, 01 Jan 2030 00:01:30 GMT', 'Tuesday, 01-Jan-30 00:01:30 GMT', 'Tue Jan  1 00:01:30 2030'])(
  'T56 C66 until %s it is 90 s by our clock, and 30 s by that of the server',
  (field) => {
    expect(retryAfter({ headers: { 'retry-after': field } }, now)).toBe(90_000)
    const headers = { 'retry-after': field, date: 'Tue, 01 Jan 2030 00:01:00 GMT' }
    expect(retryAfter({ headers }, now)).toBe(30_000)
  }
)

test.each(['', 'yesterday', 'Tue, 32 Jan 2030 00:00:00 GMT'])('T56 K8 a Date of %j is ignored', (date) => {
  const headers = { 'retry-after': 'Tue, 01 Jan 2030 00:01:00 GMT', date }
  expect(retryAfter({ headers }, now)).toBe(60_000)
})

test('T59 a date in the past is no wait, and never a negative one', () => {
  expect(retryAfter({ headers: { 'retry-after': 'Mon, 31 Dec 2029 00:00:00 GMT' } }, now)).toBe(0)
})

test('T58 a date in 2099 is given as it is: the cap is not set here', () => {
  const wait = Date.UTC(2099, 0, 1) - now
  expect(retryAfter({ headers: { 'retry-after': 'Thu, 01 Jan 2099 00:00:00 GMT' } }, now)).toBe(wait)
})

test.each([
  ['Sunday, 06-Nov-94 08:49:37 GMT', Date.UTC(1994, 10, 6, 8, 49, 37)],
  ['Saturday, 01-Jan-80 00:00:00 GMT', Date.UTC(2080, 0, 1)],
  ['Saturday, 01-Jan-80 00:00:01 GMT', Date.UTC(1980, 0, 1, 0, 0, 1)],
  ['Monday, 01-Jan-01 00:00:00 GMT', Date.UTC(2001, 0, 1)]
])('C66 a year of two digits more than fifty years ahead is in the past: %s', (text, date) => {
  expect(parseHttpDate(text, now)).toBe(date)
})

test('C66 a year of four digits is meant as it is written, however early', () => {
  expect(parseHttpDate('Fri, 31 Dec 0099 23:59:59 GMT', now)).toBe(Date.parse('0099-12-31T23:59:59Z'))
})

test('C66 fifty years ahead of 2090 is in the next century', () => {
  expect(parseHttpDate('Friday, 01-Jan-05 00:00:00 GMT', Date.UTC(2090, 0, 1))).toBe(Date.UTC(2105, 0, 1))
})

test.each([
  'Sun, 31 Feb 2030 00:00:00 GMT',
  'Sun, 00 Jan 2030 00:00:00 GMT',
  'Sun, 01 Jan 2030 24:00:00 GMT',
  'Sun, 01 Jan 2030 00:60:00 GMT',
  'Sun, 01 Jan 2030 00:00:61 GMT',
  'Sun, 1 Jan 2030 00:00:00 GMT',
  'Sun, 01 jan 2030 00:00:00 GMT',
  'Sun, 01 Jan 2030 00:00:00',
  'Sun, 01 Jan 2030 00:00:00 GMT, Sun, 01 Jan 2030 00:00:00 GMT',
  'Sun Jan 1 00:00:00 2030',
  '2030-01-01T00:00:00Z'
])('C66 %j is not an HTTP-date', (text) => {
  expect(parseHttpDate(text, now)).toBeUndefined()
})

test('C66 a leap second is a second', () => {
  expect(parseHttpDate('Sat, 31 Dec 2016 23:59:60 GMT', now)).toBe(Date.UTC(2017, 0, 1))
})
