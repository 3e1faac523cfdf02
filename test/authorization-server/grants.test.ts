import { decodeJwt } from 'jose'
import { expect, test } from 'vitest'
import { basic, post, serverForTest } from './server.ts'
import { changedRegistry, threeServices } from './three-services.ts'

type Fields = Record<string, string> | [string, string][]

async function ask(url: string, clientId: string, fields: Fields = {}) {
  const response = await post(url, fields, { authorization: basic(clientId, `marker-${clientId}`) })
  return (await response.json()) as Record<string, string>
}

function three(registry = threeServices) {
  return serverForTest({ clients: undefined, registry } as object)
}

async function claims(url: string, clientId: string, fields: Fields = {}) {
  const answer = await ask(url, clientId, fields)
  const { aud, scope, roles } = decodeJwt(answer.access_token ?? '')
  return { aud, scope, roles }
}

test('a token is for one service and carries what is granted there, and nothing of another service', async () => {
  const { tokenEndpoint } = await three()
  expect(await claims(tokenEndpoint, 'orders', { resource: 'https://users.internal' })).toEqual({
    aud: 'https://users.internal',
    scope: 'read_user',
    roles: ['support']
  })
  expect(await claims(tokenEndpoint, 'orders', { audience: 'billing' })).toEqual({
    aud: 'https://billing.internal',
    scope: 'charge refund',
    roles: undefined
  })
})

test('a client that may call only one service does not have to name it', async () => {
  const { tokenEndpoint } = await three()
  expect(await claims(tokenEndpoint, 'billing')).toMatchObject({ aud: 'https://users.internal', scope: 'read_user' })
})

test('a scope that only one service declares selects this service', async () => {
  const { tokenEndpoint } = await three()
  expect(await claims(tokenEndpoint, 'orders', { scope: 'charge' })).toMatchObject({
    aud: 'https://billing.internal',
    scope: 'charge'
  })
})

test.each<[string, string, Fields, string, RegExp]>([
  ['no target', 'orders', {}, 'invalid_target', /users \(read_user\), billing \(charge refund\)/],
  ['a scope of two services', 'orders', { scope: 'read_user charge' }, 'invalid_target', /users .*billing/],
  [
    'two resources',
    'orders',
    [
      ['resource', 'https://users.internal'],
      ['resource', 'https://billing.internal']
    ],
    'invalid_target',
    /for one service/
  ],
  ['a service that it may not call', 'billing', { audience: 'orders' }, 'invalid_target', /may not call orders/],
  [
    'a service that nobody knows',
    'orders',
    { audience: 'mail' },
    'invalid_target',
    /The services are users, billing, orders/
  ],
  ['a scope that it lacks there', 'billing', { audience: 'users', scope: 'write_user' }, 'invalid_scope', /at users/],
  ['a scope of another service', 'orders', { audience: 'users', scope: 'charge' }, 'invalid_scope', /at users/],
  ['a scope that nobody knows', 'orders', { audience: 'users', scope: 'fly' }, 'invalid_scope', /unknown/],
  ['no grant at all', 'nobody', {}, 'unauthorized_client', /may not call any service/],
  ['a target, and no grant at all', 'nobody', { audience: 'users' }, 'invalid_target', /may not call users/]
])('a request with %s gets no token and is told why', async (_what, clientId, fields, error, reason) => {
  const { tokenEndpoint } = await three()
  const answer = await ask(tokenEndpoint, clientId, fields)
  expect(answer).toEqual({ error, error_description: expect.stringMatching(reason) })
})

test('a client that is granted a part of the scope gets that part', async () => {
  const { tokenEndpoint } = await three()
  const asked = { audience: 'users', scope: 'read_user write_user' }
  expect(await ask(tokenEndpoint, 'orders', asked)).toMatchObject({ scope: 'read_user' })
})

test('two audiences need two tokens in the short form too', async () => {
  const both = { clientId: 'orders', clientSecret: 'marker-orders', scope: ['read'], audience: ['users', 'billing'] }
  const { tokenEndpoint } = await serverForTest({ clients: [both] })
  expect(await ask(tokenEndpoint, 'orders')).toMatchObject({ error: 'invalid_target' })
  expect(await claims(tokenEndpoint, 'orders', { audience: 'billing' })).toMatchObject({
    aud: 'billing',
    scope: 'read'
  })
})

test('an error description has no character that RFC 6749 forbids', async () => {
  const clients = ['a"b\\c', 'ü'].map((audience) => ({ clientId: audience, clientSecret: 'x', scope: [] }))
  const both = { clientId: 'orders', clientSecret: 'marker-orders', scope: ['read'], audience: ['a"b\\c', 'ü'] }
  const { tokenEndpoint } = await serverForTest({ clients: [...clients, both] })
  const { error_description: description } = await ask(tokenEndpoint, 'orders')
  expect(description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/)
})

test('A9 a withdrawn right is not in the next token, and a right that is granted again is', async () => {
  const { tokenEndpoint, registry } = await three()
  const toBilling = { audience: 'billing' }
  expect(await ask(tokenEndpoint, 'orders', toBilling)).toHaveProperty('access_token')
  registry.allow('orders', 'billing', { scope: ['charge'] })
  expect(await claims(tokenEndpoint, 'orders', toBilling)).toMatchObject({ scope: 'charge' })
  const [withdrawn] = registry.withdraw('orders', 'billing')
  expect(withdrawn).toMatchObject({ kind: 'withdrawn', clientId: 'orders', service: 'billing', scope: ['charge'] })
  expect(await ask(tokenEndpoint, 'orders', toBilling)).toMatchObject({ error: 'invalid_target' })
  registry.undo()
  registry.undo()
  expect(await claims(tokenEndpoint, 'orders', toBilling)).toMatchObject({ scope: 'charge refund' })
  expect(() => registry.undo()).toThrow('There is nothing to undo.')
})

test('a change that grants a withdrawn right again says so', async () => {
  const { registry } = await three()
  registry.withdraw('orders', 'users')
  const texts = registry.replace(threeServices).map(({ text }) => text)
  expect(texts).toEqual([
    expect.stringMatching(/^orders may call users: read_user, role support\. It was withdrawn at 20\d\d-/)
  ])
  registry.withdraw('orders', 'users')
  registry.allow('orders', 'users', { scope: ['write_user'] })
  registry.allow('orders', 'users', { scope: ['write_user'], roles: ['support'] })
  const [change] = registry.allow('orders', 'users', { scope: ['write_user', 'read_user'], roles: ['support'] })
  expect(change?.text).toMatch(/withdrawn at/)
})

test('each change of a registry is one sentence, without a secret', async () => {
  const { registry } = await three()
  const changed = changedRegistry(({ services, clients }) => {
    services.mail = { audience: 'https://mail.internal' }
    services.users.audience = 'https://people.internal'
    clients[0].clientSecret = 'marker-other'
    clients[0].enabled = false
    clients[1].may.mail = {}
    clients[1].may.billing.scope = ['charge']
    clients[2].accessTokenLifetime = 5000
    clients[2].claims = { tenant: 'a' }
    clients.splice(3, 1, { clientId: 'crm', clientSecret: 'marker-crm' })
  })
  expect(registry.replace(changed).map(({ text }) => text)).toEqual([
    'The service users has changed.',
    'The service mail is new.',
    'shop is disabled and gets no tokens.',
    'The credentials of shop have changed.',
    'The lifetime of the tokens of billing has changed.',
    'The claims of the tokens of billing have changed.',
    'The client nobody was removed.',
    'The client crm is new.',
    'orders may still call billing, but no longer with: refund.',
    'orders may call mail: without any scope.'
  ])
  expect(registry.replace(changed)).toEqual([])
})

test('an invalid change leaves the registry as it is', async () => {
  const { registry, tokenEndpoint } = await three()
  const before = registry.current
  expect(() => registry.allow('orders', 'users', { scope: ['fly'] })).toThrow(/clients\[1\]\.may\.users\.scope\[0\]/)
  expect(() => registry.allow('orders', 'mail')).toThrow(/"mail", which is not a service/)
  expect(() => registry.allow('ghost', 'users')).toThrow(/no client "ghost"/)
  expect(() => registry.withdraw('billing', 'orders')).toThrow(/has no grant for "orders"/)
  expect(() => registry.replace({ clients: 7 } as never)).toThrow(/needs an array "clients"/)
  expect(registry.current).toBe(before)
  expect(await ask(tokenEndpoint, 'billing')).toHaveProperty('access_token')
})

test('the server copies the registry, so later changes of the object have no effect', async () => {
  const mine = changedRegistry(() => {})
  const { registry, tokenEndpoint } = await three(mine as typeof threeServices)
  ;(mine.clients as unknown[]).length = 0
  expect(registry.current.clients).toHaveLength(4)
  expect(await ask(tokenEndpoint, 'billing')).toHaveProperty('access_token')
})

test('claims of a client are in its tokens', async () => {
  const registry = changedRegistry(({ clients }) => {
    clients[2].claims = { tenant: 'acme', act: { sub: 'x' } }
  })
  const { tokenEndpoint } = await three(registry as typeof threeServices)
  const { access_token: token } = await ask(tokenEndpoint, 'billing')
  expect(decodeJwt(token ?? '')).toMatchObject({ tenant: 'acme', act: { sub: 'x' }, sub: 'billing' })
})
