import assert from 'node:assert/strict'
import fc from 'fast-check'
import { test } from 'vitest'
import { retryAfter } from '../../src/http/retry-after.ts'
import { parseHttpDate } from '../../src/http-date.ts'
import { fuzz, seed } from './fuzz.ts'
import { mutate } from './mutate.ts'
import type { Random } from './random.ts'

type Input = Readonly<Record<'retry-after' | 'date', string>>

const now = Date.UTC(2030, 0, 1)
const values = [
  '30',
  '0',
  '999999999999999999999',
  'Sun, 06 Nov 1994 08:49:37 GMT',
  'Sunday, 06-Nov-94 08:49:37 GMT',
  'Sun Nov  6 08:49:37 1994',
  'Thu, 29 Feb 2032 23:59:60 GMT',
  'Fri, 31 Dec 9999 23:59:59 GMT',
  '2030-01-01T00:00:00Z'
]
const words = ['0', '9', '99', '-', '+', '.5', ' ', ', ', ':', 'GMT', 'Feb', '31', 'e9', '0x1', '\u0663', 'Sunday']

function make(random: Random): Input {
  const one = () => (random.oneIn(3) ? random.pick(values) : mutate(random, random.pick(values), words))
  return { 'retry-after': one(), date: one() }
}

/** Nothing, or a wait that a timer and a sum can bear; digits mean what they say. */
function check(headers: Input): void {
  const field = headers['retry-after']
  const wait = retryAfter({ headers }, now)
  assert.ok(wait === undefined || (Number.isSafeInteger(wait) && wait >= 0), `a wait of ${wait} ms`)
  if (/^[0-9]{1,9}$/.test(field)) assert.equal(wait, Number(field) * 1000)

  const date = parseHttpDate(field, now)
  assert.ok(date === undefined || /^[A-Z][a-z]{2,8},? [\w :-]{17,24}$/.test(field), `${date} from no date`)
  if (date !== undefined && / GMT$/.test(field) && !field.includes('-') && !field.includes(':60'))
    assert.equal(new Date(date).toUTCString().slice(5), field.slice(5))
}

fuzz({ name: 'retry-after', make, check })

const fullNames = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']

/** The three forms of RFC 9110 §5.6.7. */
function written(date: Date): string[] {
  const imf = date.toUTCString()
  const [, day = '', month, year = '', time] = imf.split(/,? /)
  const weekday = fullNames[date.getUTCDay()] ?? ''
  return [
    imf,
    `${weekday}, ${day}-${month}-${year.slice(2)} ${time} GMT`,
    `${weekday.slice(0, 3)} ${month} ${day.replace(/^0/, ' ')} ${time} ${year}`
  ]
}

test(`retry-after: a date of the fifty years around now is read from each of its three forms, seed ${seed}`, () => {
  const seconds = fc.integer({ min: Date.UTC(1982) / 1000, max: Date.UTC(2079) / 1000 })
  fc.assert(
    fc.property(seconds, (second) => {
      const read = written(new Date(second * 1000)).map((text) => parseHttpDate(text, now))
      assert.deepEqual(read, Array(3).fill(second * 1000))
    }),
    { seed, numRuns: 20_000 }
  )
})
