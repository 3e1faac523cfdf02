import { expect, test } from 'vitest'
import {
  type DpopRoadOptions,
  demandingNonces,
  neverContent,
  type ProvenServiceOptions,
  provenRoad,
  redirectingTo,
  remoteSigner,
  stranger
} from '../support/dpop-road.ts'

async function road(service: ProvenServiceOptions = {}, options: DpopRoadOptions = {}) {
  const made = await provenRoad(service, options)
  const { tokens, origin } = made
  const fetchWithToken = tokens.createFetch({ origins: [origin] })
  const call = async (path = '/users/7', init: RequestInit = {}) => {
    const response = await fetchWithToken(origin + path, init)
    return { status: response.status, body: await response.text() }
  }
  return { ...made, call, fetchWithToken }
}

function stream(text: string): RequestInit {
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(Buffer.from(text))
      controller.close()
    }
  })
  return { method: 'POST', body, duplex: 'half' } as RequestInit
}

test('C81 C77 createFetch shows each request with a proof of its own, in place of the caller’s', async () => {
  const { call, seen, origin, statuses } = await road()
  await call('/users/7?part=name#top')
  await call('/users/7', { method: 'PUT', body: 'name', headers: { DPoP: 'own' } })
  expect(statuses()).toEqual([200, 200])
  expect(seen.map(({ proof }) => [proof?.htm, proof?.htu])).toEqual([
    ['GET', `${origin}/users/7`],
    ['PUT', `${origin}/users/7`]
  ])
})

test('T48 C79 createFetch immediately repeats a request with a nonce that the service demands, with the same token and body', async () => {
  const { call, seen, statuses, heard, asked } = await road(demandingNonces)
  expect(await call('/', { method: 'POST', body: 'order' })).toEqual({ status: 200, body: 'welcome' })
  await call()
  expect({ statuses: statuses(), asked: asked(), events: heard() }).toEqual({
    ...{ statuses: [401, 200, 200], asked: 1, events: ['refreshed'] }
  })
  expect(seen[1]?.body).toBe('order')
})

test('T48 a nonce that is demanded of a Request is sent with its body', async () => {
  const { fetchWithToken, origin, seen, statuses } = await road(demandingNonces)
  const response = await fetchWithToken(new Request(origin, { method: 'POST', body: 'order' }))
  expect({ status: response.status, statuses: statuses() }).toEqual({ status: 200, statuses: [401, 200] })
  expect(seen[1]?.body).toBe('order')
})

test('a stream is sent with the known nonce; without one the caller gets the 401, and its nonce is kept', async () => {
  const { call, statuses } = await road(demandingNonces)
  expect((await call('/', stream('order'))).status).toBe(401)
  expect((await call('/', stream('order'))).status).toBe(200)
  expect(statuses()).toEqual([401, 200])
})

test('T48 C78 fifty parallel fetches succeed where each nonce can be used once', async () => {
  const { call, statuses } = await road({ oneUseNonces: true })
  const answers = await Promise.all(Array.from({ length: 50 }, () => call('/', { method: 'POST', body: 'order' })))
  expect(answers.filter(({ status }) => status !== 200)).toEqual([])
  expect(statuses().filter((status) => status === 200)).toHaveLength(50)
})

test('T48 fetch tries three nonces, and then the caller gets the answer', async () => {
  const { call, seen } = await road(neverContent('DPoP error="use_dpop_nonce"'))
  expect(await call()).toEqual({ status: 401, body: 'no' })
  expect(seen.map(({ proof }) => proof?.nonce)).toEqual([undefined, 'n1', 'n2', 'n3'])
})

test('one fetch can need another nonce and another token, and gets both', async () => {
  const { call, seen, statuses, clock, tokens } = await road({
    ...demandingNonces,
    instead(_request, response, before) {
      const isRefused = before.length === 1
      if (isRefused) response.writeHead(401, { 'www-authenticate': 'DPoP error="invalid_token"' }).end()
      return isRefused
    }
  })
  await tokens.ready()
  await clock.advance(2000) // token requests are at least a second apart
  expect((await call()).status).toBe(200)
  expect(statuses()).toEqual([401, 401, 200])
  expect(new Set(seen.map(({ headers }) => headers.authorization)).size).toBe(2)
})

test('T50 T48 a service that says it with a 400 gets another proof from a fetch, and the body once more', async () => {
  const { call, statuses, seen } = await road({
    instead(_request, response, before) {
      response.setHeader('dpop-nonce', 'next')
      if (before.length === 0) response.writeHead(400, { 'www-authenticate': 'DPoP error="use_dpop_nonce"' }).end()
      return before.length === 0
    }
  })
  expect((await call('/', { method: 'POST', body: 'order' })).status).toBe(200)
  expect({ statuses: statuses(), nonce: seen[1]?.proof?.nonce, body: seen[1]?.body }).toEqual({
    ...{ statuses: [400, 200], nonce: 'next', body: 'order' }
  })
})

test('each hop of a redirect has a proof of its own, and a foreign origin gets neither token nor proof', async () => {
  const other = await stranger()
  const { call, origin, seen } = await road(redirectingTo(other.origin))
  expect((await call('/old')).body).toBe('welcome')
  expect(seen.map(({ proof }) => proof?.htu)).toEqual([`${origin}/old`, `${origin}/new`])
  expect((await call('/away')).body).toBe('strange')
  expect(other.shown).toEqual([undefined, undefined])
})

test('a signer elsewhere is waited for, and its failure is the call’s', async () => {
  const { dpop, fail } = remoteSigner()
  const { call, seen } = await road({}, { client: { dpop } })
  expect((await call()).status).toBe(200)
  fail()
  await expect(call()).rejects.toMatchObject({ code: 'ERR_SECRET_UNAVAILABLE' })
  await expect(call('/', stream('order'))).rejects.toMatchObject({ code: 'ERR_SECRET_UNAVAILABLE' })
  expect(seen).toHaveLength(1)
})
