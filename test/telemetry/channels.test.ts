import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel'
import { inspect } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { eventNames } from '../../src/events.ts'
import type { RequestTrace } from '../../src/telemetry/request-channel.ts'
import { next, road } from '../support/road.ts'

type Message = readonly [channel: string, message: RequestTrace]

/** What came on the tracing channel, in its order. */
function requestMessages(): Message[] {
  const seen: Message[] = []
  const note = (channel: string) => (message: object) => seen.push([channel, { ...(message as RequestTrace) }])
  const subscribers = {
    start: note('start'),
    end: note('end'),
    error: note('error'),
    asyncStart: note('asyncStart'),
    asyncEnd: note('asyncEnd')
  }
  const channel = tracingChannel('service-token-client.request')
  channel.subscribe(subscribers)
  onTestFinished(() => channel.unsubscribe(subscribers))
  return seen
}

test('a token request is traced from its start to its token', async () => {
  const seen = requestMessages()
  const { tokens, server } = await road({ scope: ['read_user'], audience: 'users' })
  const { serial, expiresAt } = await tokens.getToken()
  await tokens.getToken()
  expect(seen.map(([channel]) => channel)).toEqual(['start', 'end', 'asyncStart', 'asyncEnd'])
  const asked = {
    client: expect.any(Number),
    clientId: 'orders',
    server: new URL(server.issuer).host,
    reason: 'first',
    scope: ['read_user'],
    audience: 'users',
    resource: []
  }
  expect(seen[0]?.[1]).toEqual(asked)
  const token = { serial, expiresAt, origin: 'endpoint' }
  expect(seen.at(-1)?.[1]).toEqual({ ...asked, ...token, attempts: 1, duration: expect.any(Number) })
})

test('a failed token request ends with its code', async () => {
  const seen = requestMessages()
  const { tokens } = await road({ clientSecret: 'marker-wrong' })
  await expect(tokens.getToken()).rejects.toThrow()
  expect(seen.map(([channel]) => channel)).toEqual(['start', 'end', 'error', 'asyncStart', 'asyncEnd'])
  expect(seen.at(-1)?.[1]).toMatchObject({ code: 'ERR_INVALID_CLIENT', transient: false, attempts: 1 })
})

test('fifty callers are one trace, which starts in the context of the first', async () => {
  const context = new AsyncLocalStorage<number>()
  const contexts: unknown[] = []
  const note = () => contexts.push(context.getStore())
  subscribe('tracing:service-token-client.request:start', note)
  onTestFinished(() => void unsubscribe('tracing:service-token-client.request:start', note))
  const { tokens } = await road()
  await Promise.all(Array.from({ length: 50 }, (_, caller) => context.run(caller, () => tokens.getToken())))
  expect(contexts).toEqual([0])
})

test('every event has a channel, and its message says whose it is', async () => {
  const told: [string, Record<string, unknown>][] = []
  for (const name of eventNames) {
    const note = (message: unknown) => told.push([name, message as Record<string, unknown>])
    subscribe(`service-token-client:${name}`, note)
    onTestFinished(() => void unsubscribe(`service-token-client:${name}`, note))
  }
  const { tokens, server, clock } = await road({ scope: ['read_user', 'admin'] })
  server.faults.alter({ members: { scope: 'read_user', token_type: undefined } }, { requests: 1 })
  await tokens.ready()
  server.faults.down()
  await clock.advance(13 * 3_600_000)
  expect([...new Set(told.map(([name]) => name))].toSorted()).toEqual([
    ...['expired', 'refresh-failed', 'refreshed', 'scope-narrowed', 'warning']
  ])
  for (const [, message] of told) expect(message).toMatchObject({ client: expect.any(Number), clientId: 'orders' })
  const failed = told.find(([name]) => name === 'refresh-failed')?.[1]
  expect(failed?.error).toEqual({
    code: expect.stringMatching(/^ERR_/),
    transient: true,
    message: expect.any(String),
    status: undefined,
    retryAfter: undefined
  })
})

test('an event is published in the context of no caller', async () => {
  const context = new AsyncLocalStorage<string>()
  const contexts: unknown[] = []
  const note = () => contexts.push(context.getStore())
  subscribe('service-token-client:refreshed', note)
  onTestFinished(() => void unsubscribe('service-token-client:refreshed', note))
  const { tokens } = await road()
  const listened = new Promise((resolve) => tokens.on('refreshed', () => resolve(context.getStore())))
  await context.run('alice', () => tokens.getToken())
  expect(await listened).toBeUndefined()
  expect(contexts).toEqual([undefined])
})

test('two clients are told apart', async () => {
  const seen = requestMessages()
  for (const { tokens } of [await road(), await road()]) await tokens.getToken()
  expect(new Set(seen.map(([, { client }]) => client)).size).toBe(2)
})

test('no message holds a token or a secret', async () => {
  const seen: unknown[] = requestMessages()
  for (const name of eventNames) {
    const note = (message: unknown) => seen.push(message)
    subscribe(`service-token-client:${name}`, note)
    onTestFinished(() => void unsubscribe(`service-token-client:${name}`, note))
  }
  const { tokens, server, clock } = await road()
  const { value } = await tokens.getToken()
  server.faults.down()
  const failure = next(tokens, 'refresh-failed')
  tokens.invalidate(await tokens.getToken())
  await clock.advance(20_000)
  await failure
  const text = inspect(seen, { depth: 9, showHidden: true }) + JSON.stringify(seen)
  expect(seen.length).toBeGreaterThan(5)
  expect(text).not.toContain(value)
  expect(text).not.toContain('marker-secret')
})
