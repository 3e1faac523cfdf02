import fc from 'fast-check'
import { expect, test } from 'vitest'
import { foreignList, foreignScope, foreignText, repeats } from '../../src/token/foreign-text.ts'

test('W25 foreign text is printable and has 200 characters at most', () => {
  expect(foreignText('a\r\nb\u2028😀')).toBe('a??b??')
  expect(foreignText('x'.repeat(80_000))).toHaveLength(200)
  expect(foreignList(['x'.repeat(80_000), 'y'])).toEqual(['x'.repeat(200)])
  expect(foreignScope(['read', 'x'.repeat(80_000)])).toEqual(['read', 'x'.repeat(200)])
})

test('W25 a text that holds a secret shows nothing, wherever the secret stands and however it is written', () => {
  const text = fc.string({ unit: 'binary-ascii', maxLength: 300 })
  fc.assert(
    fc.property(text, text, fc.string({ unit: 'grapheme', minLength: 4, maxLength: 40 }), (before, after, secret) => {
      const forms = [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')]
      for (const form of forms) expect(foreignText(before + form + after, [secret])).toBe('[redacted]')
    })
  )
})

test.each([
  ['percent-encoded although it need not be', 'marker%2Dse%63ret'],
  ['percent-encoded in whole', [...Buffer.from('marker-secret')].map((byte) => `%${byte.toString(16)}`).join('')],
  ['in capitals', 'MARKER-SECRET'],
  ['in hexadecimal', Buffer.from('marker-secret').toString('hex').toUpperCase()]
])('W25 a secret that comes back %s is not shown', (_, word) => {
  expect(foreignText(`the client ${word} is unknown`, ['marker-secret'])).toBe('[redacted]')
  expect(foreignText(word, ['marker-secret'])).toBe('[redacted]')
})

test.each(['key "marker-s…" is wrong', 'invalid_key_****r-secret', 'https://marker-secre.example'])(
  'W25 eight characters of a secret are too much of it: %j',
  (text) => {
    expect(foreignText(text, ['Marker-Secret'])).toBe('[redacted]')
    expect(foreignText('the key ends with -secret', ['Marker-Secret'])).toBe('the key ends with -secret')
  }
)

test('W25 a secret with characters of HTML is not shown on a page that escapes them', () => {
  expect(foreignText('no client with <b>a&lt;b&amp;c"d</b>', ['a<b&c"d'])).toBe('[redacted]')
  expect(foreignText('no client with <b>a&lt;b&amp;c&quot;d</b>', ['a<b&c"d'])).toBe('[redacted]')
  expect(foreignText('100 % of all clients', ['marker-secret'])).toBe('100 % of all clients')
})

test('W25 a secret or a token that no UTF-8 can hold is no error', () => {
  expect(repeats('an odd word', ['marker-\ud800-secret'])).toBe(false)
  expect(repeats('an odd word: marker-\ud800-secret', ['marker-\ud800-secret'])).toBe(true)
})

test('W25 a short secret is part of many words: only the word itself is hidden', () => {
  expect(foreignText('invalid_scope', ['a'])).toBe('invalid_scope')
  expect(foreignText('a', ['a'])).toBe('[redacted]')
})
