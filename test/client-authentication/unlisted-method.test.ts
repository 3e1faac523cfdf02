import { expect, test } from 'vitest'
import { namingTheMethod } from '../../src/client-authentication/unlisted-method.ts'
import { TokenClientError } from '../../src/errors.ts'

const cause = new Error('x')
const refusal = new TokenClientError('ERR_INVALID_CLIENT', 'Refused.', {
  transient: false,
  status: 401,
  oauthError: 'invalid_client',
  cause
})

test('C4 a refusal that names the methods of the server is the same refusal otherwise', () => {
  const named = namingTheMethod(refusal, 'client_secret_post', ['client_secret_basic', 'none', 'private_key_jwt'])
  expect(named).toMatchObject({
    code: 'ERR_INVALID_CLIENT',
    transient: false,
    status: 401,
    oauthError: 'invalid_client',
    cause
  })
  expect(named.message).toMatch(/lists client_secret_basic, private_key_jwt, and client_secret_post was used/)
})

test.each([
  ['lists nothing', undefined],
  ['lists none but "none"', ['none']],
  ['lists the method', ['client_secret_post']]
])('C4 a refusal stays as it is when the server %s', (_, listed) => {
  expect(namingTheMethod(refusal, 'client_secret_post', listed)).toBe(refusal)
})

test('C4 what a server lists is cut and cleaned before it stands in a message', () => {
  const { message } = namingTheMethod(refusal, 'client_secret_post', [`a\n\u001b${'b'.repeat(100)}`])
  expect(message).toContain(`lists a??${'b'.repeat(100)}, and`)
})

test('W25 what a server lists has 200 characters at most, and shows no secret', () => {
  const endless = namingTheMethod(refusal, 'client_secret_post', ['x'.repeat(80_000)])
  const many = namingTheMethod(
    refusal,
    'client_secret_post',
    Array.from({ length: 10_000 }, (_, one) => `method_${one}`)
  )
  for (const { message } of [endless, many]) expect(message.length).toBeLessThan(400)
  const { message } = namingTheMethod(refusal, 'client_secret_post', ['a', 'my-secret_b'], ['my-secret'])
  expect(message).toContain('lists a, [redacted], and')
})
