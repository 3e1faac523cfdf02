import { Agent, request } from 'undici'
import { expect, test } from 'vitest'
import { createTokenClient } from '../../src/index.ts'
import { clientId, clientSecret, listen, road } from '../support/road.ts'

test('Q1 ten thousand callers at once make one token request', async () => {
  const { tokens, tokenRequests } = await road()
  const given = await Promise.all(Array.from({ length: 10_000 }, () => tokens.getToken()))
  expect(new Set(given).size).toBe(1)
  expect(tokenRequests()).toBe(1)
})

test('Q17 two scopes asked for at once get a token each', async () => {
  const { tokens, tokenRequests } = await road()
  const [reader, writer] = await Promise.all([
    tokens.getToken({ scope: ['read_user'] }),
    tokens.getToken({ scope: 'write_user' })
  ])
  expect([reader.scope, writer.scope]).toEqual([['read_user'], ['write_user']])
  expect(tokenRequests()).toBe(2)
  expect(await tokens.getToken({ scope: ['read_user', 'read_user'] })).toBe(reader)
})

test('Q16 two clients with the same credentials are two caches', async () => {
  const { server, tokens, clock, tokenRequests } = await road()
  const other = createTokenClient({ issuer: server.issuer, clientId, clientSecret, clock })
  await Promise.all([tokens.getToken(), other.getToken()])
  expect(tokenRequests()).toBe(2)
  await other.close()
})

test('C11 the granted scope is told when it is not the one that was asked for', async () => {
  const { tokens, server, told } = await road({ scope: ['read_user', 'admin'] })
  server.faults.alter({ members: { scope: 'read_user' } })
  const token = await tokens.getToken()
  expect(token.scope).toEqual(['read_user'])
  expect(told).toContain('scope-narrowed')
})

test('fifty requests through the interceptor share one token request, and a warm one goes out in the same tick', async () => {
  const { tokens, tokenRequests } = await road({ scope: ['read_user'] })
  const seen: (string | undefined)[] = []
  const users = await listen((incoming, response) => {
    seen.push(incoming.headers.authorization)
    response.end('ok')
  })
  const agent = new Agent().compose(tokens.interceptor({ origins: [users] }))
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => request(`${users}/users/42`, { dispatcher: agent }))
  )
  await Promise.all(answers.map(({ body }) => body.text()))
  const token = await tokens.getToken()
  expect(new Set(seen)).toEqual(new Set([token.authorization]))
  expect(tokenRequests()).toBe(1)
  await agent.close()
})

test('T71 T38 T40 C31 a token request carries no cookie, and nothing foreign of the answer stays', async () => {
  const { tokens, server, clock } = await road()
  server.faults.alter({ headers: { 'set-cookie': 'a=b' }, members: { refresh_token: 'marker-refresh', toString: 'x' } })
  const token = await tokens.getToken()
  expect(JSON.stringify(token)).not.toContain('marker-refresh')
  await clock.advance(1000)
  tokens.invalidate(token)
  await tokens.getToken()
  const logged = JSON.stringify(server.requests)
  expect(logged).not.toContain('a=b')
})
