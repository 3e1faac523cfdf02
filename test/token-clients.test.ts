import { expect, onTestFinished, test } from 'vitest'
import { createTokenClients, type TokenClientOptions } from '../src/index.ts'
import { listen } from './support/road.ts'

const options = (tenant: string): TokenClientOptions => ({
  issuer: 'https://auth.internal',
  clientId: tenant,
  clientSecret: 's3cret'
})

test('W24 a tenant has one client, made when it is first asked for', async () => {
  const asked: string[] = []
  const clients = createTokenClients((tenant) => {
    asked.push(tenant)
    return options(tenant)
  })
  onTestFinished(() => clients.close())
  expect(asked).toEqual([])
  expect(clients.for('a')).toBe(clients.for('a'))
  expect(clients.for('b')).not.toBe(clients.for('a'))
  expect(asked).toEqual(['a', 'b'])
  expect(clients.size).toBe(2)
})

test('W24 the tenant that was asked for longest ago is let go at the limit, and whoever holds its client goes on', async () => {
  const origin = await listen((_, response) => {
    response.setHeader('content-type', 'application/json')
    response.end('{"access_token":"x","token_type":"Bearer","expires_in":3600}')
  })
  const clients = createTokenClients(
    (tenant) => ({ ...options(tenant), issuer: origin, tokenEndpoint: `${origin}/t` }),
    {
      limit: 2
    }
  )
  const [a, b] = [clients.for('a'), clients.for('b')]
  clients.for('a')
  const c = clients.for('c')
  expect(clients.size).toBe(2)
  expect([clients.for('a') === a, clients.for('c') === c, clients.for('b') === b]).toEqual([true, true, false])
  expect((await b.getToken()).value).toBe('x')
  await clients.close()
  await expect(b.getToken()).rejects.toMatchObject({ code: 'ERR_CLIENT_CLOSED' })
})

test('W24 a client that its user has closed is made anew when its tenant is asked for again, and takes no other one’s place', async () => {
  const clients = createTokenClients(options, { limit: 2 })
  onTestFinished(() => clients.close())
  const [closed, other] = [clients.for('a'), clients.for('b')]
  await closed.close()
  const again = clients.for('a')
  expect(again).not.toBe(closed)
  expect(again.state).toBe('idle')
  expect(clients.for('a')).toBe(again)
  expect(clients.for('b')).toBe(other)
  expect(clients.size).toBe(2)
})

test('W24 after close() every client is closed, one that is asked for later too', async () => {
  const clients = createTokenClients(options)
  const a = clients.for('a')
  await clients.close()
  for (const client of [a, clients.for('a'), clients.for('b')])
    await expect(client.getToken()).rejects.toMatchObject({ code: 'ERR_CLIENT_CLOSED' })
  expect(clients.size).toBe(0)
  await clients.close()
})

test('W24 await using closes them', async () => {
  const clients = createTokenClients(options)
  const client = clients.for('a')
  await clients[Symbol.asyncDispose]()
  await expect(client.getToken()).rejects.toMatchObject({ code: 'ERR_CLIENT_CLOSED' })
})

test('W24 wrong options of a tenant are told at each asking, and nothing is kept of it', () => {
  const clients = createTokenClients((tenant) => ({ ...options(tenant), clientId: '' }))
  for (const _ of [1, 2])
    expect(() => clients.for('a')).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }))
  expect(clients.size).toBe(0)
})

test.each<[string, () => unknown, string]>([
  ['no function', () => createTokenClients(options('a') as never), 'ERR_INVALID_OPTION'],
  ['a limit of 0', () => createTokenClients(options, { limit: 0 }), 'ERR_INVALID_OPTION'],
  ['a limit that is text', () => createTokenClients(options, { limit: '9' as never }), 'ERR_INVALID_OPTION'],
  ['an unknown option', () => createTokenClients(options, { max: 9 } as never), 'ERR_UNKNOWN_OPTION'],
  ['no tenant', () => createTokenClients(options).for(undefined as never), 'ERR_MISSING_OPTION'],
  ['a tenant that is no text', () => createTokenClients(options).for(7 as never), 'ERR_INVALID_OPTION']
])('W24 createTokenClients with %s says what is wrong', (_, attempt, code) => {
  expect(attempt).toThrow(expect.objectContaining({ code }))
})
