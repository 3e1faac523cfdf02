import nock from 'nock'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createTokenClient, type TokenClient } from '../../src/index.ts'

// Tests of users look like this: nock answers for the authorization server, and the client needs no option for it.
let tokens: TokenClient

beforeEach(() => {
  nock.disableNetConnect()
  tokens = createTokenClient({
    tokenEndpoint: 'https://auth.internal/oauth2/token?tenant=shop',
    clientId: 'order-service',
    clientSecret: 'secret',
    scope: ['read_user']
  })
})

afterEach(async () => {
  await tokens.close()
  nock.cleanAll()
  nock.enableNetConnect()
  nock.restore()
  nock.activate()
})

const answer = { access_token: 'token-1', token_type: 'Bearer', expires_in: 43_200, scope: 'read_user' }

test('C12 nock answers the token request of a client, whose form and fields it sees', async () => {
  const form = { grant_type: 'client_credentials', scope: 'read_user' }
  const expected = nock('https://auth.internal', { reqheaders: { authorization: /^Basic / } })
    .post('/oauth2/token?tenant=shop', form)
    .reply(200, answer)
  expect((await tokens.getToken()).value).toBe('token-1')
  expect(expected.isDone()).toBe(true)
})

test('C12 an error that nock gives is told as that of a server', async () => {
  nock('https://auth.internal').post(/token/).reply(400, { error: 'invalid_scope' })
  await expect(tokens.getToken()).rejects.toMatchObject({ code: 'ERR_INVALID_SCOPE', status: 400 })
})
