import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { answer, good, read, refusal } from './token-answer.ts'

const html = { 'content-type': 'text/html' }

test.each([204, 205, 206, 300, 304, 305])('T41 T44 status %i gives no token, also with one in the body', (status) => {
  expect(refusal(answer(good(), { status }))).toMatchObject({
    code: 'ERR_UNEXPECTED_STATUS',
    transient: true,
    status
  })
})

test.each([201, 202, 203, 299])(
  'W18 T41 status %i without a token is no answer, and its OAuth error counts',
  (status) => {
    for (const body of ['', '<html>', {}, { token: 'x' }, '{"access_token":'])
      expect(refusal(answer(body, { status }))).toMatchObject({
        code: 'ERR_UNEXPECTED_STATUS',
        transient: true,
        status
      })
    expect(refusal(answer({ error: 'invalid_scope' }, { status }))).toMatchObject({ code: 'ERR_INVALID_SCOPE' })
  }
)

test.each([301, 302, 303, 307, 308])(
  'T43 C89 status %i is refused, and only the origin of its target is told',
  (status) => {
    const location = 'https://user:marker-password@evil.example/marker-path?marker-query'
    const error = refusal(answer('', { status, location }))
    expect(error).toMatchObject({ code: 'ERR_REDIRECT_REFUSED', transient: false, status })
    expect(error.message).toContain('to https://evil.example. ')
    expect(inspect(error)).not.toMatch(/marker-(password|query)/)
  }
)

test.each([
  ['/login', 'to https://auth.internal:8443. '],
  ['http://', 'to nowhere. '],
  [undefined, 'to https://auth.internal:8443. ']
])('T43 a redirect to %j is told', (location, told) => {
  expect(refusal(answer('', { status: 302, location })).message).toContain(told)
})

test.each([
  ['invalid_request', 'ERR_INVALID_REQUEST'],
  ['invalid_client', 'ERR_INVALID_CLIENT'],
  ['invalid_scope', 'ERR_INVALID_SCOPE'],
  ['invalid_target', 'ERR_INVALID_TARGET'],
  ['unauthorized_client', 'ERR_UNAUTHORIZED_CLIENT'],
  ['unsupported_grant_type', 'ERR_UNSUPPORTED_GRANT_TYPE']
])('T45 C62 400 %s is permanent, and its code says which', (error, code) => {
  const { message, ...rest } = refusal(answer({ error, error_description: 'marker' }, { status: 400 }))
  expect(rest).toMatchObject({ code, transient: false, status: 400, oauthError: error })
  expect(message).toMatch(/^auth\.internal:8443 refused the token request: /)
  expect(message).not.toContain('marker')
})

test.each([400, 401, 403, 404])(
  'T46 C20 invalid_client is told from status %i, with and without a challenge',
  (status) => {
    const challenge = { 'www-authenticate': 'Bearer realm="x"' }
    for (const headers of [{}, challenge])
      expect(refusal(answer({ error: 'invalid_client' }, { status, ...headers }))).toMatchObject({
        code: 'ERR_INVALID_CLIENT',
        transient: false,
        status
      })
  }
)

test.each([
  ['', {}],
  ['<html>', html],
  ['Bad credentials', { 'content-type': 'text/plain' }],
  [{ error: 'Unauthorized' }, {}],
  [{ error: 'server_error', error_description: 'access_denied' }, {}],
  [{ title: 'no' }, { 'content-type': 'application/problem+json' }]
])('T47 401 with the body %j is a failed client authentication', (body, headers) => {
  expect(refusal(answer(body, { status: 401, ...headers }))).toMatchObject({
    code: 'ERR_CLIENT_AUTHENTICATION_FAILED',
    transient: false
  })
})

test.each(['', '<html>', { error: 'Forbidden' }])('T51 403 with the body %j may be a firewall: it passes', (body) => {
  expect(refusal(answer(body, { status: 403 }))).toMatchObject({ code: 'ERR_UNEXPECTED_STATUS', transient: true })
})

test.each([404, 405, 410])('T52 status %i is no token endpoint', (status) => {
  const error = refusal(answer({ error: 'Not Found' }, { status }))
  expect(error).toMatchObject({ code: 'ERR_ENDPOINT_NOT_FOUND', transient: false, status, oauthError: 'Not Found' })
})

test.each([408, 425])('T53 status %i is transient', (status) => {
  expect(refusal(answer('', { status, 'retry-after': '2' }))).toMatchObject({
    code: 'ERR_UNEXPECTED_STATUS',
    transient: true,
    retryAfter: 2000
  })
})

test.each([
  [413, 'body'],
  [414, 'URL'],
  [431, 'header section']
])('T54 status %i is permanent and says that the %s is too long', (status, part) => {
  const error = refusal(answer('<html>', { status, ...html }))
  expect(error).toMatchObject({ code: 'ERR_REQUEST_TOO_LARGE', transient: false })
  expect(error.message).toContain(`The ${part} `)
})

test.each([
  ['30', 30_000],
  ['Tue, 01 Jan 2030 00:00:30 GMT', 30_000],
  ['-5', undefined],
  [undefined, undefined]
])('T55 T56 T57 429 with Retry-After: %s waits %s ms', (field, retryAfter) => {
  const error = refusal(answer('<html>', { status: 429, ...html, ...(field && { 'retry-after': field }) }))
  expect(error).toMatchObject({ code: 'ERR_RATE_LIMITED', transient: true })
  expect(error.retryAfter).toBe(retryAfter)
})

test.each([500, 502, 503, 504, 520, 599])('T60 status %i is transient, whatever it says of the client', (status) => {
  for (const body of ['<html>', { error: 'invalid_client' }, { error: 'server_error' }])
    expect(refusal(answer(body, { status, 'retry-after': '7' }))).toMatchObject({
      code: 'ERR_SERVER_ERROR',
      transient: true,
      retryAfter: 7000
    })
})

test.each([503, 400])('T61 %i temporarily_unavailable is transient', (status) => {
  expect(refusal(answer({ error: 'temporarily_unavailable' }, { status, 'retry-after': '7' }))).toMatchObject({
    code: 'ERR_TEMPORARILY_UNAVAILABLE',
    transient: true,
    retryAfter: 7000
  })
})

test.each(['scope_invalid', 'constructor'])('T45 400 with the code %s of the server’s own is permanent', (code) => {
  const error = refusal(answer({ error: code }, { status: 400 }))
  expect(error).toMatchObject({ code: 'ERR_OAUTH_ERROR', transient: false, oauthError: code })
})

test.each<[unknown, string | undefined]>([
  ['<html>No required SSL certificate was sent', undefined],
  ['try again', undefined],
  ['', undefined],
  [{}, undefined],
  [{ message: 'try again' }, undefined],
  [{ error: null, error_description: 'try again' }, undefined],
  [{ error: 'Please try again' }, 'Please try again']
])('W19 400 with %j is no OAuth error, so it is tried again', (body, oauthError) => {
  for (const status of [400, 422]) {
    const error = refusal(answer(body, { status, 'retry-after': '7' }))
    expect(error).toMatchObject({ code: 'ERR_UNEXPECTED_STATUS', transient: true, status, retryAfter: 7000 })
    expect(error.oauthError).toBe(oauthError)
  }
})

test.each([400, 402, 409, 422])(
  'W15 W19 %i with an error code of its own and a time to come again is tried again then',
  (status) => {
    const error = refusal(answer({ error: 'slow_down' }, { status, 'retry-after': '7' }))
    expect(error).toMatchObject({ code: 'ERR_OAUTH_ERROR', transient: true, oauthError: 'slow_down', retryAfter: 7000 })
  }
)

test('W13 W15 an OAuth error with status 200 is not asked for again before its pause is over', () => {
  const error = refusal(answer({ error: 'temporarily_unavailable' }, { 'retry-after': '7' }))
  expect(error).toMatchObject({ code: 'ERR_TEMPORARILY_UNAVAILABLE', status: 200, retryAfter: 7000 })
})

test('C19 what is outside the grammar of an error code is replaced, and a sentence is cut', () => {
  const error = 'bad\r\nforged: line\u0000 "quoted" \\ ü 😀 \u001b[31m'
  const word = refusal(answer({ error }, { status: 400 })).oauthError
  expect(word).toBe('bad??forged: line? ?quoted? ? ? ? ?[31m')
  expect(refusal(answer({ error: 'x'.repeat(5000) }, { status: 400 })).oauthError).toHaveLength(200)
})

const secret = 'p%: +&~é-marker'

test.each([
  secret,
  `no client has the secret ${secret}!`,
  encodeURIComponent(secret),
  new URLSearchParams([['', secret]]).toString().slice(1),
  JSON.stringify(secret),
  Buffer.from(secret).toString('base64'),
  secret.slice(0, 10),
  `x${'y'.repeat(190)}${secret}`,
  'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJtYXJrZXIifQ.x'
])('W25 an error that repeats a secret or a token, as %j, is not shown', (error) => {
  for (const status of [400, 401, 200]) {
    const failure = refusal(answer({ error }, { status }), { hidden: [secret] })
    expect(failure.oauthError).toBe('[redacted]')
    expect(inspect(failure, { showHidden: true })).not.toMatch(/marker|eyJ|p%/)
  }
})

test('W25 the token beside an error is not shown either', () => {
  const failure = refusal(answer({ error: 'no marker-token here', access_token: 'marker-token' }))
  expect(failure.oauthError).toBe('[redacted]')
})

test('W25 an error code of the RFC stays what it is, whatever the secret', () => {
  const hidden = ['invalid_client', 'e']
  expect(refusal(answer({ error: 'invalid_client' }, { status: 401 }), { hidden }).oauthError).toBe('invalid_client')
})

test('W25 the target of a redirect does not show the secret', () => {
  const location = 'https://s3cret.evil.example/'
  const { message } = refusal(answer('', { status: 302, location }), { hidden: ['s3cret'] })
  expect(message).toContain('to [redacted]. ')
})

test('W25 what a user has put into the request besides is in no error, and may be a granted scope', () => {
  const context = { hiddenInErrors: ['tenant-key-41'] }
  for (const status of [400, 200])
    expect(refusal(answer({ error: 'no tenant-key-41' }, { status }), context).oauthError).toBe('[redacted]')
  expect(read(answer(good({ scope: 'tenant-key-41' })), context).scope).toEqual(['tenant-key-41'])
})
