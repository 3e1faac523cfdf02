import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeJwt } from 'jose'
import { expect, onTestFinished, test } from 'vitest'
import { readClients } from '../../src/authorization-server/index.ts'
import { basic, orders, post, serverForTest } from './server.ts'

async function ask(url: string, fields: Record<string, string> = {}, secret = orders.clientSecret) {
  const response = await post(url, fields, { authorization: basic(orders.clientId, secret) })
  return (await response.json()) as Record<string, string>
}

async function fileWith(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'clients-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = join(folder, 'clients.json')
  await writeFile(file, text)
  return file
}

test('A9 a client that is disabled is refused at its next request, and served again once it is enabled', async () => {
  const { tokenEndpoint, clients } = await serverForTest()
  expect(await ask(tokenEndpoint)).toHaveProperty('access_token')
  clients.change('orders', { enabled: false })
  expect(await ask(tokenEndpoint)).toMatchObject({ error: 'unauthorized_client' })
  clients.change('orders', { enabled: true })
  expect(await ask(tokenEndpoint)).toHaveProperty('access_token')
})

test('A9 changed scopes, roles, audiences and lifetimes take effect in the next token', async () => {
  const { tokenEndpoint, clients } = await serverForTest()
  clients.change('orders', {
    scope: ['read_user', 'audit'],
    roles: ['auditor'],
    authorities: ['ROLE_AUDITOR'],
    audience: ['https://audit.internal'],
    accessTokenLifetime: 60_000
  })
  const answer = await ask(tokenEndpoint)
  const { iat = 0, ...claims } = decodeJwt(answer.access_token ?? '')
  expect(claims).toMatchObject({
    scope: 'read_user audit',
    roles: ['auditor'],
    authorities: ['ROLE_AUDITOR'],
    aud: 'https://audit.internal',
    exp: iat + 60
  })
  expect(answer.expires_in).toBe(60)
})

test('A9 a new client is known at once, and a removed client is unknown at once', async () => {
  const { tokenEndpoint, clients } = await serverForTest({ clients: [] })
  expect(await ask(tokenEndpoint)).toMatchObject({ error: 'invalid_client' })
  clients.register(orders)
  expect(await ask(tokenEndpoint)).toHaveProperty('access_token')
  clients.remove('orders')
  expect(await ask(tokenEndpoint)).toMatchObject({ error: 'invalid_client' })
})

test('X5 both secrets are valid while one replaces the other, and then only the new one', async () => {
  const { tokenEndpoint, clients } = await serverForTest()
  clients.change('orders', { clientSecret: [orders.clientSecret, 'new'] })
  expect(await ask(tokenEndpoint)).toHaveProperty('access_token')
  expect(await ask(tokenEndpoint, {}, 'new')).toHaveProperty('access_token')
  clients.change('orders', { clientSecret: 'new' })
  expect(await ask(tokenEndpoint)).toMatchObject({ error: 'invalid_client' })
  expect(await ask(tokenEndpoint, {}, 'new')).toHaveProperty('access_token')
})

test('A9 an invalid change is refused, and changes nothing', async () => {
  const { tokenEndpoint, clients } = await serverForTest()
  expect(() => clients.change('orders', { scope: ['read user'] })).toThrow(/scope of client "orders"/)
  expect(() => clients.change('nobody', { enabled: false })).toThrow(/no client "nobody"/)
  expect(() => clients.register(orders)).toThrow(/registered twice/)
  expect(await ask(tokenEndpoint)).toMatchObject({ scope: 'read_user write_user' })
})

test('A9 clients come from a JSON file', async () => {
  const file = await fileWith(JSON.stringify({ clients: [{ ...orders, accessTokenLifetime: 120_000 }] }))
  const { tokenEndpoint } = await serverForTest({ clients: await readClients(file) })
  expect(await ask(tokenEndpoint)).toMatchObject({ expires_in: 120 })
})

test.each([
  ['no JSON', '{"clients":[{"clientSecret":"marker-5d1"', /is not valid JSON/],
  ['no list of clients', '{"clients":{"clientSecret":"marker-5d1"}}', /needs an array "clients"/],
  ['null', 'null', /must be an object with "clients"/]
])('A9 a file with %s is refused, and no secret of it is in the message', async (_what, text, message) => {
  const reading = readClients(await fileWith(text))
  await expect(reading).rejects.toThrow(message)
  await expect(reading).rejects.not.toThrow('marker-5d1')
})

test('A9 a file that is not there, and one with a client that is null, say so', async () => {
  await expect(readClients('nowhere.json')).rejects.toThrow(/cannot be read/)
  const reading = readClients(await fileWith('{"clients":[null]}'))
  await expect(reading).rejects.toMatchObject({ name: 'ClientConfigurationError' })
})
