import { decodeJwt } from 'jose'
import { type MutableResponse, OAuth2Server } from 'oauth2-mock-server'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { createTokenClient, type TokenClient } from '../../src/index.ts'

const server = new OAuth2Server()
let tokens: TokenClient

beforeAll(async () => {
  await server.issuer.keys.generate('RS256')
  await server.start(0, '127.0.0.1')
})

afterAll(() => server.stop())

beforeEach(() => {
  const issuer = server.issuer.url ?? ''
  tokens = createTokenClient({ issuer, clientId: 'order-service', clientSecret: 'any', scope: ['read_user'] })
})

afterEach(() => tokens.close())

/** Changes the next answer of the token endpoint. */
function alterNext(alter: (answer: MutableResponse) => void): void {
  server.service.once('beforeResponse', alter)
}

test('C49 oauth2-mock-server is found by its issuer, and its token is kept for as long as it says', async () => {
  const { type, scope, obtainedAt, expiresAt } = await tokens.getToken()
  expect({ type, scope, life: expiresAt - obtainedAt }).toEqual({
    type: 'Bearer',
    scope: ['read_user'],
    life: 3_600_000
  })
})

test('T45 an error word of oauth2-mock-server reaches the caller as a code', async () => {
  alterNext((answer) => Object.assign(answer, { statusCode: 400, body: { error: 'unauthorized_client' } }))
  await expect(tokens.getToken()).rejects.toMatchObject({
    code: 'ERR_UNAUTHORIZED_CLIENT',
    transient: false,
    status: 400
  })
})

test('T41 an empty success of oauth2-mock-server is no token, and the client asks again', async () => {
  let answers = 0
  const count = () => answers++
  server.service.on('beforeResponse', count)
  alterNext((answer) => Object.assign(answer, { statusCode: 204, body: '' }))
  await expect(tokens.getToken()).resolves.toMatchObject({ type: 'Bearer' })
  server.service.off('beforeResponse', count)
  expect(answers).toBe(2)
})

test('C12 a field of the server’s own travels in parameters', async () => {
  const { value } = await tokens.getToken({ parameters: { aud: 'https://users.example' } })
  expect(decodeJwt(value)).toMatchObject({ aud: 'https://users.example', scope: 'read_user' })
})

test('C15 T40 members that nobody asked for are not kept', async () => {
  alterNext(({ body }) =>
    Object.assign(body, { refresh_token: 'marker-refresh', id_token: 'marker-id', toString: 'x' })
  )
  const token = await tokens.getToken()
  expect(Object.keys(token.toJSON()).toSorted()).toEqual(
    ['expiresAt', 'obtainedAt', 'scope', 'serial', 'type', 'value'].toSorted()
  )
})
