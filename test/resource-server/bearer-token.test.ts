import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import type { ReceivedRequest, TokenCarrier } from '../../src/resource-server/index.ts'
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
  ['the headers of the platform', new Headers({ authorization: `Bearer ${good}` })],
  ['a request of Fastify', { raw: received(['Authorization', `Bearer ${good}`]) as ReceivedRequest, body: undefined }],
  ['a request with plain headers', { headers: { Authorization: `Bearer ${good}` } }],
  [
    'an event of an HTTP API of Lambda',
    { version: '2.0', headers: { authorization: `Bearer ${good}` } } as TokenCarrier
  ],
  [
    'an event of a REST API of Lambda',
    { headers: { Authorization: `Bearer ${good}` }, multiValueHeaders: { Authorization: [`Bearer ${good}`] } }
  ],
  ['an event of a load balancer', { multiValueHeaders: { authorization: [`Bearer ${good}`] } }],
  ['a request with a form that holds no token', received(['Authorization', `Bearer ${good}`, ...form], { a: 'b' })],
  ['a request with JSON that has such a member', received(['Authorization', `Bearer ${good}`], { access_token: 'x' })]
])('R2 the token is found in %s', async (_what, carrier) => {
  expect((await one.verify(carrier)).clientId).toBe('orders')
})

test.each<[string, TokenCarrier]>([
  ['nothing', undefined],
  ['null, as Headers give it', null],
  ['the headers of the platform without it', new Headers()],
  ['an event without headers', { headers: null }],
  ['an event without that header', { headers: { host: 'x' } }],
  ['a request of Fastify without it', { raw: received([]) as ReceivedRequest }],
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
  [
    'a header in two cases',
    { headers: { authorization: `Bearer ${good}`, Authorization: `Bearer ${good}` } },
    'several_tokens'
  ],
  ['a list of two', { multiValueHeaders: { Authorization: [`Bearer ${good}`, `Bearer ${good}`] } }, 'several_tokens'],
  [
    'a token in the form of a request of Fastify',
    { raw: received(['Authorization', `Bearer ${good}`, ...form]) as ReceivedRequest, body: { access_token: good } },
    'several_tokens'
  ],
  [
    'two headers that the platform joined',
    new Headers([
      ['authorization', `Bearer ${good}`],
      ['authorization', `Bearer ${good}`]
    ]),
    'malformed_header'
  ],
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

test.each<[string, unknown]>([
  ['a number', 7],
  ['a function', () => good],
  ['an empty object', {}],
  ['a list', []],
  ['an object with headers that are none', { headers: 'x' }],
  ['a context', { req: {} }]
])('verify() of %s says what it takes', async (_what, carrier) => {
  await expect(one.verify(carrier as TokenCarrier)).rejects.toMatchObject({
    name: 'ClientConfigurationError',
    message: expect.stringMatching(/^verify\(\) got .*Give an Authorization value, Headers, a Request/)
  })
})

test('R2 a token that is known is looked for in the form all the same', async () => {
  const body = { access_token: good }
  await one.verify(received(['Authorization', `Bearer ${good}`, ...form]))
  await expect(one.verify(received(['Authorization', `Bearer ${good}`, ...form], body))).rejects.toMatchObject({
    reason: 'several_tokens'
  })
})
