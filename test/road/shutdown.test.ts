import { Agent, request } from 'undici'
import { expect, test } from 'vitest'
import { ClientClosedError } from '../../src/index.ts'
import { listen, road } from '../support/road.ts'

test('Q12 Q13 P3 close() frees every waiter, leaves no timer, and twice is once', async () => {
  const { tokens, server, clock } = await road()
  server.faults.hang()
  const waiting = [tokens.getToken(), tokens.getToken({ scope: 'admin' }), tokens.ready()]
  const failures = Promise.all(waiting.map((promise) => promise.catch((error: unknown) => error)))
  while (server.requests.count('token') < 1) await new Promise((resolve) => setImmediate(resolve))
  const closing = tokens.close()
  expect(tokens.close()).toBe(closing)
  await closing
  for (const failure of await failures) expect(failure).toBeInstanceOf(ClientClosedError)
  await expect(tokens.getToken()).rejects.toBeInstanceOf(ClientClosedError)
  expect(tokens.health()).toEqual({ state: 'closed', tokens: [], waiting: 0 })
  expect(clock.timers).toBe(0)
})

test('a closed client refuses requests to its origins, lets others pass, and leaves a user’s dispatcher open', async () => {
  const dispatcher = new Agent()
  const { tokens } = await road({ dispatcher })
  const users = await listen((_, response) => response.end('users'))
  const other = await listen((_, response) => response.end('other'))
  const agent = dispatcher.compose(tokens.interceptor({ origins: [users] }))
  expect(await (await request(users, { dispatcher: agent })).body.text()).toBe('users')
  await tokens.close()
  await expect(request(users, { dispatcher: agent })).rejects.toBeInstanceOf(ClientClosedError)
  expect(await (await request(other, { dispatcher: agent })).body.text()).toBe('other')
  expect(dispatcher.closed).toBe(false)
  await dispatcher.close()
})

test('Q14 await using closes', async () => {
  const { tokens } = await road()
  await tokens.getToken()
  await tokens[Symbol.asyncDispose]()
  await expect(tokens.getToken()).rejects.toBeInstanceOf(ClientClosedError)
})
