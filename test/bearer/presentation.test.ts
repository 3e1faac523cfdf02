import { describe, expect, test } from 'vitest'
import type { AnswerHeaders } from '../../src/bearer/answer.ts'
import type { Route } from '../../src/bearer/routes.ts'
import { bearerRoad, closing, type FetchRoad, fetchRoad, read } from '../support/bearer.ts'
import { type Answer, accepting, ok, resourceServer } from '../support/resource-server.ts'
import { undici } from '../support/undici.ts'

const { Agent, interceptors, request } = undici

type Send = (
  road: FetchRoad,
  init?: { method?: string; headers?: Record<string, string>; body?: string }
) => Promise<number>

/** The two ways to send a request with a policy. */
const roads: readonly (readonly [string, Send])[] = [
  [
    'the interceptor',
    async ({ agent, server }, init = {}) => {
      const { statusCode, body } = await request(server.origin, { dispatcher: agent, ...init } as never)
      await body.dump()
      return statusCode
    }
  ],
  [
    'createFetch',
    async ({ fetchWithToken, server }, init = {}) => {
      const response = await fetchWithToken(server.origin, init)
      await response.text()
      return response.status
    }
  ]
]

function withRule(rule: Partial<Route>, answer: Answer = ok): Promise<FetchRoad> {
  return fetchRoad({ answer, routes: (origin) => [{ origin, request: read, ...rule }] })
}

/** 401 to the first token, 200 to the second, which stand in this field. */
function acceptingIn(field: string, value: string): Answer {
  return (received, response) =>
    received.headers[field] === value ? ok(received, response) : response.writeHead(401).end('refused')
}

describe.each(roads)('a policy on %s', (_road, send) => {
  test.each([
    ['header', { header: 'x-forwarded-access-token' }, 'x-forwarded-access-token', 'Bearer '],
    ['scheme', { scheme: 'Token' }, 'authorization', 'Token '],
    ['header and no scheme', { header: 'x-api-key', scheme: '' }, 'x-api-key', '']
  ])('shows the token by its %s, and another one after a 401', async (_option, rule, field, before) => {
    const road = await withRule(rule, acceptingIn(field, `${before}t2`))
    expect(await send(road, { headers: { 'x-user': 'kept' } })).toBe(200)
    expect(road.server.requests.map(({ headers }) => headers[field])).toEqual([`${before}t1`, `${before}t2`])
    expect(road.server.requests.map(({ headers }) => headers['x-user'])).toEqual(['kept', 'kept'])
    if (field !== 'authorization') expect(road.server.requests[0]?.authorization).toBeUndefined()
  })

  test("with a header of its own leaves the caller's Authorization beside the token", async () => {
    const road = await withRule({ header: 'x-token' })
    expect(await send(road, { headers: { authorization: 'Basic mine' } })).toBe(200)
    expect(road.server.requests[0]?.headers).toMatchObject({ authorization: 'Basic mine', 'x-token': 'Bearer t1' })
  })

  test("lets the caller's own field win, and its 401 is its own", async () => {
    const road = await withRule({ header: 'x-token' }, acceptingIn('x-token', 'nothing'))
    expect(await send(road, { headers: { 'X-Token': 'mine' } })).toBe(401)
    expect(road.server.requests.map(({ headers }) => headers['x-token'])).toEqual(['mine'])
    expect(road.rejections).toEqual([])
  })

  const answers: readonly (readonly [string, number, Record<string, string>, number])[] = [
    ['401 OAuth2 with invalid_token', 401, { 'www-authenticate': 'OAuth2 realm="x", error="invalid_token"' }, 2],
    ['401 Token with invalid_token', 401, { 'www-authenticate': 'Token error=invalid_token' }, 2],
    ['401 BASIC and DPoP with invalid_token', 401, { 'www-authenticate': 'BASIC, DPoP error="Invalid_Token"' }, 2],
    ['403 Bearer with invalid_token', 403, { 'www-authenticate': 'Bearer error="invalid_token"' }, 2],
    ['401 OAuth2 without an error', 401, { 'www-authenticate': 'OAuth2 realm="x"' }, 1],
    ['401 BASIC', 401, { 'www-authenticate': 'BASIC realm="x"' }, 1],
    ['403 Bearer', 403, { 'www-authenticate': 'Bearer' }, 1],
    ['403 without a challenge', 403, {}, 1],
    ['403 insufficient_scope beside invalid_token', 403, twoErrors(), 1],
    ['400 with invalid_token', 400, { 'www-authenticate': 'Bearer error="invalid_token"' }, 1]
  ]

  test.each(answers)('W8 obeys %s', async (_answer, status, headers, attempts) => {
    const road = await withRule({}, (_received, response) => response.writeHead(status, headers).end('refused'))
    expect(await send(road)).toBe(status)
    expect(road.server.requests).toHaveLength(attempts)
    expect(road.tokens.issued).toBe(attempts)
    if (attempts === 2) expect(road.rejections[0]).toMatchObject({ status, error: 'invalid_token' })
  })

  test('W8 asks rejectedWhen of each final answer, with the status and the fields in lower case', async () => {
    const asked: (readonly [number, AnswerHeaders])[] = []
    const rejectedWhen = (status: number, headers: AnswerHeaders) => {
      asked.push([status, headers])
      return status === 302 && headers.location === '/login'
    }
    const road = await withRule({ rejectedWhen }, (received, response) => {
      if (received.authorization === 'Bearer t2') return ok(received, response)
      return response.writeHead(302, { Location: '/login', 'X-Reason': 'expired' }).end()
    })
    expect(await send(road, { method: 'POST', body: 'sent' })).toBe(200)
    expect(road.server.requests.map(({ url, body }) => [url, body])).toEqual([
      ['/', 'sent'],
      ['/', 'sent']
    ])
    expect(asked.map(([status]) => status)).toEqual([302, 200])
    expect(asked[0]?.[1]).toMatchObject({ location: '/login', 'x-reason': 'expired' })
    expect(road.rejections).toMatchObject([{ serial: 1, status: 302 }])
  })

  test.each([undefined, 'true', 1, Promise.resolve(true)])('W8 treats %s from rejectedWhen as no', async (answer) => {
    const road = await withRule({ rejectedWhen: () => answer as never }, (_, response) => response.writeHead(500).end())
    expect(await send(road)).toBe(500)
    expect(road.server.requests).toHaveLength(1)
  })

  test('W8 an error that rejectedWhen throws is the error of the call', async () => {
    const mine = new Error('mine')
    const road = await withRule({
      rejectedWhen: () => {
        throw mine
      }
    })
    await expect(send(road)).rejects.toBe(mine)
  })

  test('W7 takes a field without a value for absent', async () => {
    const road = await withRule({})
    expect(await send(road, { headers: { authorization: undefined as never } })).toBe(200)
    expect(road.server.requests[0]?.authorization).toBe('Bearer t1')
  })
})

function twoErrors(): Record<string, string> {
  return { 'www-authenticate': 'Bearer error="insufficient_scope", OAuth2 error="invalid_token"' }
}

test.each<[string, unknown]>([
  ['an object', { authorization: undefined, Authorization: [], AUTHORIZATION: null }],
  ['a list', ['authorization', undefined, 'Authorization', [], 'AUTHORIZATION', null]],
  ['a Map', new Map([['authorization', null]])],
  ['a list of nothing', { authorization: [undefined, null] }]
])('W7 the interceptor takes Authorization without a value in %s for absent', async (_form, headers) => {
  const { agent, server } = await bearerRoad()
  const { body } = await agent.request({
    origin: server.origin,
    path: '/',
    method: 'GET',
    headers: headers as string[]
  })
  await body.dump()
  expect(server.requests[0]?.rawHeaders.filter((text) => /^(authorization|Bearer t1)$/i.test(text))).toEqual([
    'authorization',
    'Bearer t1'
  ])
})

test('W3 a redirect interceptor below does not follow with a token in a field that undici would not take out', async () => {
  const foreign = await resourceServer(accepting('nobody'))
  const { interceptor, server } = await withRule({ header: 'x-token' }, (_received, response) =>
    response.writeHead(307, { location: foreign.origin }).end()
  )
  const dispatcher = closing(new Agent()).compose(interceptors.redirect({ maxRedirections: 3 }), interceptor)
  const { statusCode, body } = await request(server.origin, { dispatcher })
  await body.dump()
  expect(statusCode).toBe(307)
  expect(server.requests[0]?.headers['x-token']).toBe('Bearer t1')
  expect(foreign.requests).toEqual([])
})

test('W3 createFetch takes a token in such a field to no other origin', async () => {
  const foreign = await resourceServer()
  const { fetchWithToken, server } = await withRule({ header: 'x-token' }, (_received, response) =>
    response.writeHead(307, { location: foreign.origin }).end()
  )
  await (await fetchWithToken(server.origin)).text()
  expect(foreign.requests.map(({ headers }) => headers['x-token'])).toEqual([undefined])
})
