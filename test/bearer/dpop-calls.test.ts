import { createHash, generateKeyPairSync } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { expect, onTestFinished, test } from 'vitest'
import type { BearerPolicy, TokenClient } from '../../src/index.ts'
import { closing } from '../support/bearer.ts'
import {
  type DpopRoadOptions,
  demandingNonces,
  neverContent,
  type ProvenServiceOptions,
  provenRoad,
  redirectingTo,
  remoteSigner,
  type SeenCall,
  stranger
} from '../support/dpop-road.ts'
import { undici } from '../support/undici.ts'

/** A client that calls a service, and how it calls. */
async function road(service: ProvenServiceOptions = {}, options: DpopRoadOptions = {}) {
  const made = await provenRoad(service, options)
  const { tokens, origin } = made
  return { ...made, call: calling(tokens, { origins: [origin] }, origin) }
}

function calling(
  tokens: TokenClient,
  policy: BearerPolicy,
  origin: string,
  ...above: undici.Dispatcher.DispatcherComposeInterceptor[]
) {
  const dispatcher = closing(new undici.Agent()).compose([
    tokens.interceptor(policy) as undici.Dispatcher.DispatcherComposeInterceptor,
    ...above
  ])
  return async (path = '/users/7', init: Partial<Parameters<typeof undici.request>[1]> & object = {}) => {
    const response = await undici.request(origin + path, { dispatcher, ...init })
    return { status: response.statusCode, headers: response.headers, body: await response.body.text() }
  }
}

const ath = (authorization: string | undefined) =>
  createHash('sha256')
    .update(authorization?.slice(5) ?? '')
    .digest('base64url')

test('C81 C77 C76 each request shows its token as DPoP, with a proof of its own for this method, URL and token', async () => {
  const { call, seen, origin, statuses } = await road()
  await call('/users/7?part=name#top')
  await call('/users/7', { method: 'PUT', body: 'name' })
  expect(statuses()).toEqual([200, 200])
  const [first, second] = seen
  expect(first?.headers.authorization).toMatch(/^DPoP ey/)
  expect(first?.proof).toMatchObject({ htm: 'GET', htu: `${origin}/users/7`, ath: ath(first?.headers.authorization) })
  expect(second?.proof).toMatchObject({ htm: 'PUT', htu: `${origin}/users/7` })
  expect(second?.proof?.jti).not.toBe(first?.proof?.jti)
})

test.each<[string, object | string[] | [string, string][]]>([
  ['an object', { DPoP: 'own', dpop: 'other', accept: '*/*' }],
  ['a list', ['DPoP', 'own', 'accept', '*/*', 'dpop', 'other']],
  [
    'pairs',
    [
      ['Dpop', 'own'],
      ['accept', '*/*']
    ]
  ]
])('a proof of the caller in %s is replaced by ours', async (_what, headers) => {
  const { call, seen, statuses } = await road()
  await call('/', { headers: headers as never })
  expect(statuses()).toEqual([200])
  expect(seen[0]?.headers).toMatchObject({ accept: '*/*', dpop: expect.stringMatching(/^ey/) })
})

test('a local key signs in the tick of the call, and a signer elsewhere is waited for', async () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  for (const [dpop, isAtOnce] of [
    [{ key: privateKey }, true],
    [remoteSigner().dpop, false]
  ] as const) {
    const { tokens, origin, call, statuses } = await road({}, { client: { dpop } })
    await tokens.ready()
    let dispatched = 0
    const below = () => {
      dispatched += 1
      return true
    }
    const dispatch = tokens.interceptor({ origins: [origin] })(below as never) as (
      options: object,
      handler: object
    ) => boolean
    dispatch(
      { origin, path: '/', method: 'GET' },
      { onResponseError() {}, onRequestStart() {}, onResponseStart() {}, onResponseData() {}, onResponseEnd() {} }
    )
    expect(dispatched).toBe(isAtOnce ? 1 : 0)
    await call()
    expect(statuses()).toEqual([200])
  }
})

test('if a signer fails later, the call fails and nothing is sent', async () => {
  const { dpop, fail } = remoteSigner()
  const { tokens, call, seen } = await road({}, { client: { dpop } })
  await tokens.ready()
  fail()
  await expect(call()).rejects.toMatchObject({ code: 'ERR_SECRET_UNAVAILABLE' })
  const body = Readable.from(['never read'])
  await expect(call('/', { method: 'POST', body })).rejects.toMatchObject({ code: 'ERR_SECRET_UNAVAILABLE' })
  expect({ destroyed: body.destroyed, seen }).toEqual({ destroyed: true, seen: [] })
})

test('T48 C79 a nonce that a service demands is sent at once with the same token, and no listener hears of a refusal', async () => {
  const { call, seen, statuses, heard, asked, tokens } = await road(demandingNonces)
  expect((await call('/', { method: 'POST', body: 'order' })).body).toBe('welcome')
  expect(statuses()).toEqual([401, 200])
  expect(seen[1]?.headers.authorization).toBe(seen[0]?.headers.authorization)
  expect(seen[1]?.body).toBe('order')
  await call()
  expect({ statuses: statuses(), asked: asked() }).toEqual({ statuses: [401, 200, 200], asked: 1 })
  expect(heard()).toEqual(['refreshed'])
  expect(tokens.inventory().entries).toMatchObject([{ refused: 0 }])
})

test('T48 C78 fifty parallel calls succeed where each nonce can be used once', async () => {
  const { call, statuses, seen } = await road({ oneUseNonces: true }, { registration: { dpopNonces: 'once' } })
  for (let round = 0; round < 2; round++) {
    const answers = await Promise.all(Array.from({ length: 50 }, () => call('/', { method: 'POST', body: 'order' })))
    expect(answers.filter(({ status }) => status !== 200)).toEqual([])
  }
  expect(statuses().filter((status) => status === 200).length).toBe(100)
  expect(new Set(seen.map(({ proof }) => proof?.jti)).size).toBe(seen.length)
})

test('T48 three nonces are tried, each once, and then the caller gets the answer', async () => {
  const { call, seen } = await road(neverContent('Bearer, DPoP error="use_dpop_nonce"'))
  expect(await call()).toMatchObject({ status: 401, body: 'no' })
  expect(seen.map(({ proof }) => proof?.nonce)).toEqual([undefined, 'n1', 'n2', 'n3'])
})

test.each<[string, string | string[] | undefined]>([
  ['missing', undefined],
  ['there twice', ['a', 'b']],
  ['the one that was sent', 'same']
])('T49 a challenge whose nonce is %s ends the call', async (_what, nonce) => {
  const { call, seen } = await road({
    instead(_request, response) {
      response
        .writeHead(401, { 'www-authenticate': 'DPoP error="use_dpop_nonce"', ...(nonce && { 'dpop-nonce': nonce }) })
        .end()
      return true
    }
  })
  expect((await call()).status).toBe(401)
  expect(seen.length).toBe(nonce === 'same' ? 2 : 1)
})

test('a body that cannot be repeated is sent with the known nonce; without one the caller gets the 401, and its nonce is kept', async () => {
  const { call, statuses, seen } = await road(demandingNonces)
  const post = () => call('/', { method: 'POST', body: Readable.from(['or', 'der']) })
  expect((await post()).status).toBe(401)
  expect((await post()).status).toBe(200)
  expect({ statuses: statuses(), body: seen[1]?.body }).toEqual({ statuses: [401, 200], body: 'order' })
})

test('one call can need another nonce and another token, and gets both', async () => {
  const { call, seen, statuses, events, clock, tokens } = await road({
    ...demandingNonces,
    instead(_request, response, before) {
      // The first token is refused once it comes with a nonce.
      if (before.length === 1) response.writeHead(401, { 'www-authenticate': 'DPoP error="invalid_token"' }).end()
      return before.length === 1
    }
  })
  await tokens.ready()
  await clock.advance(2000) // token requests are at least a second apart
  expect((await call()).status).toBe(200)
  expect(statuses()).toEqual([401, 401, 200])
  expect(new Set(seen.map(({ headers }) => headers.authorization)).size).toBe(2)
  expect(events.filter(({ name }) => name === 'rejected')).toHaveLength(1)
})

test('T50 a service whose clock differs gets a proof by its own time, once in a call', async () => {
  const { call, statuses } = await road({}, { ahead: 600_000 })
  expect((await call()).status).toBe(200)
  expect(statuses()).toEqual([200]) // the answers of the authorization server have shown the time
})

test('T50 a service whose clock alone is ahead gets one repeat by its time, and later proofs by it at once', async () => {
  const { call, statuses, asked, heard } = await road({ ahead: 600_000 })
  expect((await call('/', { method: 'POST', body: 'order' })).status).toBe(200)
  await call()
  expect({ statuses: statuses(), asked: asked(), events: heard() }).toEqual({
    ...{ statuses: [401, 200, 200], asked: 1, events: ['refreshed'] }
  })
})

/** The answer of express-oauth2-jwt-bearer. RFC 9449 §7.1 says 401. */
const refusingWith = (status: number, word: string, until: (before: readonly SeenCall[]) => boolean) => ({
  ahead: word === 'invalid_dpop_proof' ? 600_000 : 0,
  instead(_request: IncomingMessage, response: ServerResponse, before: readonly SeenCall[]) {
    if (until(before)) return false
    response.setHeader('dpop-nonce', 'next')
    response.writeHead(status, { 'www-authenticate': `DPoP error="${word}"` }).end()
    return true
  }
})

test.each([
  [400, 'invalid_dpop_proof'],
  [403, 'invalid_dpop_proof'],
  [400, 'use_dpop_nonce']
])('T50 T48 a service that says %i %s gets another proof, and the body once more', async (status, word) => {
  const { call, statuses, seen, asked } = await road(refusingWith(status, word, (before) => before.length > 0))
  expect((await call('/', { method: 'POST', body: 'order' })).status).toBe(200)
  expect({ statuses: statuses(), asked: asked(), body: seen[1]?.body }).toEqual({
    ...{ statuses: [status, 200], asked: 1, body: 'order' }
  })
})

test('a 400 about something else asks for no token and no proof', async () => {
  const { call, statuses, heard } = await road(refusingWith(400, 'invalid_token', () => false))
  expect((await call()).status).toBe(400)
  expect({ statuses: statuses(), events: heard() }).toEqual({
    ...{ statuses: [400], events: ['refreshed'] }
  })
})

test('T50 calls whose proofs are refused together for their date are all sent again, also those that learn the time second', async () => {
  const { call, statuses } = await road({ ahead: 600_000 })
  const answers = await Promise.all(Array.from({ length: 5 }, () => call()))
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
  expect(statuses().filter((status) => status === 401).length).toBeGreaterThan(1)
})

test('a proof that is refused for another reason goes to the caller, and is told', async () => {
  const { call, events, asked } = await road({
    instead(_request, response) {
      response.writeHead(401, { 'www-authenticate': 'DPoP error="invalid_dpop_proof"' }).end()
      return true
    }
  })
  expect((await call()).status).toBe(401)
  expect(asked()).toBe(1)
  expect(events.at(-1)).toMatchObject({ name: 'rejected', event: { status: 401, error: 'invalid_dpop_proof' } })
})

test('C82 D35 a retry outside gets a new proof for each attempt', async () => {
  let failures = 1
  const { tokens, origin, seen } = await road({
    instead(_request, response) {
      if (failures-- <= 0) return false
      response.writeHead(503).end()
      return true
    }
  })
  const call = calling(tokens, { origins: [origin] }, origin, undici.interceptors.retry({ minTimeout: 1 }))
  expect((await call()).status).toBe(200)
  expect(seen.map(({ proof }) => proof?.jti)).toHaveLength(2)
  expect(seen[1]?.proof?.jti).not.toBe(seen[0]?.proof?.jti)
})

test('a redirect that is followed outside has a proof for each hop, and a foreign origin gets neither token nor proof', async () => {
  const other = await stranger()
  const { tokens, origin, seen } = await road(redirectingTo(`${other.origin}/`))
  const call = calling(tokens, { origins: [origin] }, origin, undici.interceptors.redirect({ maxRedirections: 3 }))
  expect((await call('/old')).body).toBe('welcome')
  expect(seen.map(({ proof }) => proof?.htu)).toEqual([`${origin}/old`, `${origin}/new`])
  expect((await call('/away')).body).toBe('strange')
  expect(other.shown).toEqual([undefined, undefined])
})

test('a redirect interceptor below follows nothing, because nobody there could prove the next hop', async () => {
  const { tokens, origin, seen } = await road({
    instead(_request, response) {
      response.writeHead(302, { location: '/new' }).end()
      return true
    }
  })
  const base = new undici.Agent().compose(undici.interceptors.redirect({ maxRedirections: 3 }))
  const dispatcher = base.compose(tokens.interceptor({ origins: [origin] }) as never)
  onTestFinished(() => base.close())
  const response = await undici.request(origin, { dispatcher })
  await response.body.dump()
  expect({ status: response.statusCode, seen: seen.length }).toEqual({ status: 302, seen: 1 })
})

test('no proof goes where no token goes', async () => {
  const { tokens, origin } = await road()
  const other = await stranger()
  const call = calling(tokens, { routes: { [`${origin}/users`]: {} } }, '')
  await call(`${other.origin}/users`)
  await call(`${other.origin}/users`, { headers: { authorization: 'Basic own' } })
  expect(other.shown).toEqual([undefined, undefined, 'Basic own', undefined])
})
