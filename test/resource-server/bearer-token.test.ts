import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import type { TokenCarrier } from '../../src/resource-server/index.ts'
import { audience, testIssuer } from './issuer.ts'

const { token, verifier } = await testIssuer()
const good = await token()
const one = verifier()

function received(rawHeaders: string[], body?: unknown): TokenCarrier {
  const headers: IncomingHttpHeaders = {}
  for (let at = 0; at < rawHeaders.length; at += 2) headers[(rawHeaders[at] ?? '').toLowerCase()] ??= rawHeaders[at + 1]
  return { headers, rawHeaders, body, socket: {} as IncomingMessage['socket'] }
}

const form = ['Content-Type', 'application/x-www-form-urlencoded; charset=utf-8']

test.each<[string, TokenCarrier]>([
  ['a header value', `Bearer ${good}`],
  ['a scheme in other case', `bearer ${good}`],
  ['several spaces', `Bearer   ${good}`],
  ['a request of the platform', new Request(audience, { headers: { authorization: `Bearer ${good}` } })],
  ['a request of node:http', received(['Authorization', `Bearer ${good}`])],
  ['a request with a form that holds no token', received(['Authorization', `Bearer ${good}`, ...form], { a: 'b' })],
  ['a request with JSON that has such a member', received(['Authorization', `Bearer ${good}`], { access_token: 'x' })]
])('R2 the token is found in %s', async (_what, carrier) => {
  expect((await one.verify(carrier)).clientId).toBe('orders')
})

test.each<[string, TokenCarrier]>([
  ['nothing', undefined],
  ['an empty header', ''],
  ['another scheme', 'Basic b3JkZXJzOng='],
  ['a scheme that begins like ours', `Bearerx ${good}`],
  ['a request of the platform without a header', new Request(audience)],
  ['a token in the query', new Request(`${audience}/?access_token=${good}`)],
  ['a token in a form alone', received(form, { access_token: good })]
])('R3 R5 %s carries no token, and the challenge tells no error', async (_what, carrier) => {
  await expect(one.verify(carrier)).rejects.toMatchObject({
    reason: 'no_token',
    code: 'ERR_TOKEN_MISSING',
    status: 401,
    challenge: `Bearer realm="${audience}"`
  })
})

test.each<[string, TokenCarrier, string]>([
  ['no token behind the scheme', 'Bearer', 'malformed_header'],
  ['only space behind the scheme', 'Bearer  ', 'malformed_header'],
  ['two words', `Bearer ${good} ${good}`, 'malformed_header'],
  ['two tokens joined', `Bearer ${good}, Bearer ${good}`, 'malformed_header'],
  ['a parameter', `Bearer token="${good}"`, 'malformed_header'],
  ['letters that no token has', 'Bearer é', 'malformed_header'],
  ['two headers', received(['Authorization', `Bearer ${good}`, 'authorization', `Bearer ${good}`]), 'several_tokens'],
  [
    'a token in the form too',
    received(['Authorization', `Bearer ${good}`, ...form], { access_token: good }),
    'several_tokens'
  ]
])('R2 R6 a request with %s is a bad request', async (_what, carrier, reason) => {
  await expect(one.verify(carrier)).rejects.toMatchObject({
    reason,
    code: 'ERR_INVALID_REQUEST',
    status: 400,
    challenge: `Bearer realm="${audience}", error="invalid_request"`
  })
})
