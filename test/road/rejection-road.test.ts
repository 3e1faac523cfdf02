import { Agent, request } from 'undici'
import { expect, test } from 'vitest'
import { listen, next, road } from '../support/road.ts'

/** A resource server that refuses the tokens it is told to, and all when told so. */
async function users() {
  const refused = new Set<string>()
  const calls: string[] = []
  const state = { refuseAll: false }
  const origin = await listen((incoming, response) => {
    const { authorization = '' } = incoming.headers
    calls.push(authorization)
    if (state.refuseAll || refused.has(authorization)) {
      response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end('refused')
    } else {
      response.end('ok')
    }
  })
  return { origin, refused, calls, state }
}

test('Q7 D1 fifty calls with a token that is refused make one refresh, and all callers see 200', async () => {
  const { tokens, clock, tokenRequests, told } = await road()
  const { origin, refused, calls } = await users()
  const agent = new Agent().compose(tokens.interceptor({ origins: [origin] }))
  refused.add((await tokens.getToken()).authorization)
  await clock.advance(1000)
  const answers = await Promise.all(Array.from({ length: 50 }, () => request(origin, { dispatcher: agent })))
  await Promise.all(answers.map(({ body }) => body.text()))
  expect(answers.map(({ statusCode }) => statusCode)).toEqual(Array(50).fill(200))
  expect(tokenRequests()).toBe(2)
  expect(calls).toHaveLength(100)
  expect(told.filter((name) => name === 'rejected')).toEqual(['rejected'])
  await agent.close()
})

test('Q8 D38 a resource server that refuses every token costs one refresh in thirty seconds, and the caller sees its 401', async () => {
  const { tokens, clock, tokenRequests } = await road()
  const { origin, state } = await users()
  const agent = new Agent().compose(tokens.interceptor({ origins: [origin] }))
  await tokens.getToken()
  await clock.advance(1000)
  state.refuseAll = true
  for (let call = 0; call < 10; call += 1) {
    const { statusCode, body } = await request(origin, { dispatcher: agent })
    expect([statusCode, await body.text()]).toEqual([401, 'refused'])
  }
  expect(tokenRequests()).toBe(2)
  await clock.advance(30_000)
  await (await request(origin, { dispatcher: agent })).body.dump()
  expect(tokenRequests()).toBe(3)
  await agent.close()
})

test('D1 a rule with maxWait 0 waits for no other token: the 401 stands, and the next call has the new one', async () => {
  const { tokens, clock } = await road()
  const { origin, refused, calls } = await users()
  const { authorization } = await tokens.getToken()
  refused.add(authorization)
  await clock.advance(1000)
  const authorizedFetch = tokens.createFetch({ origins: [origin], maxWait: 0 })
  const refreshed = next(tokens, 'refreshed')
  expect((await authorizedFetch(origin)).status).toBe(401)
  expect(calls).toEqual([authorization])
  await refreshed
  expect((await authorizedFetch(origin)).status).toBe(200)
})

test('invalidate() by hand: the next call waits for another token', async () => {
  const { tokens, clock, tokenRequests } = await road()
  const token = await tokens.getToken()
  await clock.advance(1000)
  const refreshed = next(tokens, 'refreshed')
  expect(tokens.invalidate(token)).toBe(true)
  const another = await tokens.getToken()
  expect(another.serial).toBeGreaterThan(token.serial)
  expect(await refreshed).toMatchObject({ reason: 'rejected' })
  expect(tokens.invalidate(token)).toBe(false)
  expect(tokenRequests()).toBe(2)
})

test('the fetch of createFetch obeys the same rule', async () => {
  const { tokens, clock, tokenRequests } = await road()
  const { origin, refused } = await users()
  const fetchWithToken = tokens.createFetch({ origins: [origin] })
  refused.add((await tokens.getToken()).authorization)
  await clock.advance(1000)
  const answer = await fetchWithToken(origin, { method: 'POST', body: 'again' })
  expect([answer.status, await answer.text()]).toEqual([200, 'ok'])
  expect(tokenRequests()).toBe(2)
})

test('D38 Q8 N9 a resource server that refuses every call is told of once for each token, by interceptor and fetch together', async () => {
  const { tokens, clock } = await road()
  const events: unknown[] = []
  tokens.on('rejected', ({ serial, origin, status, error }) => events.push([serial, origin, status, error]))
  const { origin, state } = await users()
  const { origin: other, state: otherState } = await users()
  const policy = { origins: [origin, other] }
  const agent = new Agent().compose(tokens.interceptor(policy))
  const fetchWithToken = tokens.createFetch(policy)
  await tokens.getToken()
  await clock.advance(1000)
  state.refuseAll = true
  otherState.refuseAll = true
  for (let call = 0; call < 5; call += 1) {
    await (await request(origin, { dispatcher: agent })).body.dump()
    await (await fetchWithToken(origin)).text()
    await (await fetchWithToken(other)).text()
  }
  expect(events).toEqual([
    [1, origin, 401, 'invalid_token'],
    [2, origin, 401, 'invalid_token'],
    [2, other, 401, 'invalid_token']
  ])
  await agent.close()
})
