import { expect, test } from 'vitest'
import { nearestName } from '../src/known-names.ts'
import { checkedFields, oneOf } from '../src/wrong-option.ts'

const known = ['issuer', 'clientId', 'clientSecret', 'scope', 'timeout', 'now']

test.each([
  ['a letter too many', 'scopes', 'scope'],
  ['a letter that is missing', 'isuer', 'issuer'],
  ['two letters that changed places', 'clientDi', 'clientId'],
  ['other capitals', 'clientID', 'clientId'],
  ['the spelling of the wire', 'client_secret', 'clientSecret'],
  ['a short name', 'nw', 'now']
])('%s: the name that was meant is found', (_, written, meant) => {
  expect(nearestName(written, known)).toBe(meant)
})

test.each(['', 'x', 'password', 'a'.repeat(100_000)])('a name like no other is not guessed: %#', (written) => {
  expect(nearestName(written, known)).toBeUndefined()
})

test('of two names the nearer one is meant', () => {
  expect(nearestName('certFiles', ['keyFiles', 'certFile'])).toBe('certFile')
})

test('an unknown option, and a word that is none of those allowed, get a message with the known names', () => {
  expect(() => checkedFields('policy', { scopes: [] }, known)).toThrow(
    'policy.scopes is not an option. Remove it or correct it: did you mean scope? The known names are: issuer, clientId, clientSecret, scope, timeout, now.'
  )
  expect(() => checkedFields('policy', { password: 'S3CRET' }, ['scope'])).toThrow(
    'policy.password is not an option. Remove it. The known names are: scope.'
  )
  expect(() => oneOf('alg', 'RS265', ['RS256', 'ES256'])).toThrow('alg must be one of RS256, ES256. Give one of them.')
  expect(() => oneOf('alg', 7, ['RS256', 'ES256'])).toThrow('alg must be one of RS256, ES256. Give one of them.')
})
