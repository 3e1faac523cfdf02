import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { limits } from '../../src/limits.ts'
import { answer, good, read, refusal } from './token-answer.ts'

const transient = true

test('a whole answer is read', () => {
  expect(read(answer(good({ scope: 'b a' })))).toEqual({
    value: 'marker-token',
    isBound: false,
    scope: ['b', 'a'],
    life: 43_200_000,
    warnings: []
  })
})

test.each([
  'text/html',
  'text/html; charset=utf-8',
  'application/xml',
  'application/jsonp',
  'application/json, text/html'
])('T1 a body of type %s is no answer, even when it looks like one', (type) => {
  expect(() => read(answer(good(), { 'content-type': type }))).toThrow(
    expect.objectContaining({ code: 'ERR_UNEXPECTED_CONTENT_TYPE', transient, status: 200 })
  )
})

test.each(['', undefined, 'text/plain', 'text/plain; charset=UTF-8'])(
  'T2 the content type %j passes when the body is an answer',
  (type) => {
    expect(read(answer(good(), { 'content-type': type })).value).toBe('marker-token')
  }
)

test.each([
  'application/json;charset=UTF-8',
  'application/vnd.x+json',
  'Application/JSON',
  'application/json ; charset="utf-8"'
])('T3 the content type %s is JSON', (type) => {
  expect(read(answer(good(), { 'content-type': type })).value).toBe('marker-token')
})

test.each(['application/json; charset=iso-8859-1', 'text/plain; charset=utf-16'])('T4 %s is not UTF-8', (type) => {
  expect(() => read(answer(good(), { 'content-type': type }))).toThrow(
    expect.objectContaining({ code: 'ERR_MALFORMED_BODY', transient })
  )
})

test('T4 bytes that are not UTF-8 are not replaced in silence', () => {
  const bytes = Buffer.from(JSON.stringify(good({ note: 'é' })), 'latin1')
  expect(() => read(answer(bytes))).toThrow(expect.objectContaining({ code: 'ERR_MALFORMED_BODY', transient }))
})

test('T5 one byte order mark is stripped, a second is not', () => {
  const body = JSON.stringify(good())
  expect(read(answer(`\ufeff${body}`)).value).toBe('marker-token')
  expect(() => read(answer(`\ufeff\ufeff${body}`))).toThrow(expect.objectContaining({ code: 'ERR_MALFORMED_BODY' }))
})

test.each(['', 'null', '[]', '"x"', '123', 'true', '   ', '{"access_token":"marker-token","token_type":"Bear'])(
  'T6 T7 the body %j is malformed, and the error does not quote it',
  (body) => {
    const error = refusal(answer(body))
    expect(error).toMatchObject({ code: 'ERR_MALFORMED_BODY', transient })
    expect(inspect(error, { showHidden: true })).not.toContain('marker')
  }
)

test('T13 an error member wins over a token beside it', () => {
  expect(() => read(answer(good({ error: 'invalid_scope' })))).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_SCOPE', transient: false, oauthError: 'invalid_scope', status: 200 })
  )
  expect(() => read(answer(good({ error: { code: 1 } })))).toThrow(expect.objectContaining({ code: 'ERR_OAUTH_ERROR' }))
})

test.each([null, ''])('T13 error: %j does not count as an error', (error) => {
  expect(read(answer(good({ error }))).value).toBe('marker-token')
})

test.each([undefined, 123, null, ['marker-token'], {}, true])('T14 access_token: %j is no token', (token) => {
  expect(() => read(answer(good({ access_token: token })))).toThrow(
    expect.objectContaining({ code: 'ERR_MALFORMED_TOKEN', transient, status: 200 })
  )
})

test.each(['', ' ', '   ', 'a b', ' a', 'a\r\nx: y', 'a\n', 'a\0', 'a\tb', 'a\x7f', 'é', '€', '😀'])(
  'T15 T16 T17 C65 access_token: %j would not fit into a header',
  (token) => {
    expect(() => read(answer(good({ access_token: token })))).toThrow(
      expect.objectContaining({ code: 'ERR_MALFORMED_TOKEN', transient, status: 200 })
    )
  }
)

test('T18 C16 a token of 16 KiB is taken, one byte more is not', () => {
  const longest = 'a'.repeat(limits.tokenBytes)
  expect(read(answer(good({ access_token: longest }))).value).toBe(longest)
  expect(() => read(answer(good({ access_token: `${longest}a` })))).toThrow(
    expect.objectContaining({ code: 'ERR_MALFORMED_TOKEN' })
  )
})

test('C63 a token of any visible characters is taken as it is', () => {
  const value = 'opaque|!"\\~,;=.e30.x'
  expect(read(answer(good({ access_token: value }))).value).toBe(value)
})

test.each([undefined, null])('T19 token_type: %j is taken as Bearer, with a warning', (type) => {
  expect(read(answer(good({ token_type: type }))).warnings).toMatchObject([{ code: 'token_type_missing' }])
})

test.each(['BEARER', 'bearer', 'Bearer'])('T20 C14 token_type: %s is Bearer', (type) => {
  expect(read(answer(good({ token_type: type }))).warnings).toEqual([])
})

test.each(['mac', 'N_A', 'pop', 'DPoP', '', 'Bearer ', 1, {}])(
  'T21 T22 C14 token_type: %j is of no use here',
  (type) => {
    expect(() => read(answer(good({ token_type: type })))).toThrow(
      expect.objectContaining({ code: 'ERR_UNSUPPORTED_TOKEN_TYPE', transient: false, status: 200 })
    )
  }
)

test.each([
  [undefined, undefined],
  [null, undefined],
  [0, 0],
  ['0', 0],
  [0.4, 0]
])('T24 T31 C17 expires_in: %j tells no life, with a warning', (seconds, told) => {
  const { life, warnings } = read(answer(good({ expires_in: seconds })))
  expect(life).toBe(told)
  expect(warnings).toMatchObject([{ code: 'expiry_missing' }])
})

test.each([
  ['3', 3000],
  ['"43200"', 43_200_000],
  ['43200.9', 43_200_000],
  ['86400', 86_400_000],
  ['1e3', 1_000_000]
])('T25 T27 T29 expires_in: %s is %i ms', (json, life) => {
  const body = `{"access_token":"a","token_type":"bearer","expires_in":${json}}`
  expect(read(answer(body))).toMatchObject({ life, warnings: [] })
})

test.each([
  ['86401', 86_401_000],
  ['1e12', 1e15],
  ['2147483648', 2_147_483_648_000],
  ['"9999999999"', 9_999_999_999_000]
])('T30 expires_in: %s is more than 24 hours: a warning', (json, told) => {
  const { life, warnings } = read(answer(`{"access_token":"a","token_type":"bearer","expires_in":${json}}`))
  expect(life).toBe(told)
  expect(warnings).toMatchObject([{ code: 'expiry_clamped' }])
})

test.each([
  '-1',
  '-0.5',
  '1e309',
  '"12abc"',
  '"0x10"',
  '"1e3"',
  '""',
  '" 12 "',
  '"-1"',
  '"12345678901"',
  'true',
  '{}',
  '[]',
  '[5]'
])('T26 T28 T30 T31 expires_in: %s is refused', (json) => {
  const body = `{"access_token":"marker-token","token_type":"bearer","expires_in":${json}}`
  expect(() => read(answer(body))).toThrow(
    expect.objectContaining({ code: 'ERR_MALFORMED_EXPIRY', transient, status: 200 })
  )
})

test('T33 C63 no other date moves the expiry, not one in the token either', () => {
  const lying = `e30.${Buffer.from('{"exp":1}').toString('base64url')}.x`
  const members = { access_token: lying, expires_at: 1, exp: 1, ext_expires_in: 1, created_at: 1 }
  expect(read(answer(good(members))).life).toBe(43_200_000)
})

test.each([
  [undefined, undefined],
  [null, undefined],
  ['', []],
  [' ', []],
  ['b a b', ['b', 'a']]
])('T35 C11 scope: %j grants %j', (scope, granted) => {
  expect(read(answer(good({ scope }))).scope).toEqual(granted)
})

test.each([
  [
    ['a', 'b'],
    ['a', 'b']
  ],
  [[], []],
  [
    ['b', 'a', 'b'],
    ['b', 'a']
  ]
])('W18 scope: %j, a list, grants %j', (scope, granted) => {
  expect(read(answer(good({ scope }))).scope).toEqual(granted)
})

test.each([['a b'], [''], [['a']], [1], [null]])(
  'W18 T35 scope: [%j] is refused: it is no list of scope tokens',
  (member) => {
    expect(() => read(answer(good({ scope: [member] })))).toThrow(
      expect.objectContaining({ code: 'ERR_MALFORMED_SCOPE' })
    )
  }
)

test.each([201, 202, 203, 299])('W18 a whole token with status %i is a token', (status) => {
  expect(read(answer(good({ scope: 'a' }), { status }))).toMatchObject({ value: 'marker-token', scope: ['a'] })
  const { warnings } = read(answer(good({ token_type: undefined }), { status }))
  expect(warnings).toMatchObject([{ code: 'token_type_missing' }])
})

test.each([
  ['BearerToken', 'bearertoken'],
  ['Application Access Token', 'application access token']
])('W18 a token of the type %s is a token where its name is known, and only there', (token_type, name) => {
  expect(read(answer(good({ token_type })), { bearerTypes: ['bearer', name] }).value).toBe('marker-token')
  expect(refusal(answer(good({ token_type })))).toMatchObject({ code: 'ERR_UNSUPPORTED_TOKEN_TYPE' })
})

test('W25 a granted scope that repeats the secret or the token is not shown', () => {
  const scope = 'read s3cret-s3cret marker-token write secret'
  const { scope: granted } = read(answer(good({ scope })), { hidden: ['s3cret-s3cret', 'secret'] })
  expect(granted).toEqual(['read', '[redacted]', '[redacted]', 'write', 'secret'])
})

test.each([1, {}, 'a\tb', 'a "b"', 'a\\b', 'é', 'a\r\nb'])('T35 scope: %j is refused', (scope) => {
  expect(() => read(answer(good({ scope })))).toThrow(
    expect.objectContaining({ code: 'ERR_MALFORMED_SCOPE', transient, status: 200 })
  )
})

test('T37 C8 of a repeated member the last one wins', () => {
  const body = '{"access_token":"first","token_type":"mac","access_token":"last","token_type":"bearer","expires_in":5}'
  expect(read(answer(body))).toMatchObject({ value: 'last', life: 5000 })
})

test('T38 C15 members with inherited names give nothing and break nothing', () => {
  const inherited = '"__proto__":{"access_token":"marker","scope":"admin","error":"x"},"constructor":1,"toString":null'
  const body = `{${inherited},"access_token":"own","token_type":"bearer","expires_in":5}`
  expect(read(answer(body))).toEqual({ value: 'own', isBound: false, scope: undefined, life: 5000, warnings: [] })
  expect(() => read(answer(`{${inherited}}`))).toThrow(expect.objectContaining({ code: 'ERR_MALFORMED_TOKEN' }))
})

test('T39 an unknown member that is nested too deep to be written again is skipped', () => {
  const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`
  expect(read(answer(`{"x":${deep},"access_token":"a","token_type":"bearer","expires_in":5}`)).value).toBe('a')
})

test('T40 C13 a refresh token and an id token are dropped', () => {
  const response = read(answer(good({ refresh_token: 'marker-refresh', id_token: 'marker-id' })))
  expect(JSON.stringify(response)).not.toMatch(/marker-(refresh|id)/)
})
