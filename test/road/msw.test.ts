import { HttpResponse, http } from 'msw'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createTokenClient, type TokenClient } from '../../src/index.ts'

// Tests of users look like this: msw answers for both servers, and the client needs no option for it.
const msw = setupServer(
  http.post('https://auth.internal/oauth2/token', async ({ request }) => {
    const form = new URLSearchParams(await request.text())
    tokenRequests.push(form.toString())
    return HttpResponse.json({
      access_token: `token-${tokenRequests.length}`,
      token_type: 'Bearer',
      expires_in: 43_200,
      scope: form.get('scope')
    })
  }),
  http.get('https://users.internal/users/42', ({ request }) => {
    const authorization = request.headers.get('authorization')
    seen.push(authorization)
    return authorization === refused
      ? new HttpResponse(null, { status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' } })
      : HttpResponse.json({ id: 42 })
  }),
  http.get('https://elsewhere.example/', ({ request }) => {
    seen.push(request.headers.get('authorization'))
    return HttpResponse.text('public')
  })
)

const tokenRequests: string[] = []
const seen: (string | null)[] = []
let refused: string | undefined
let tokens: TokenClient

beforeAll(() => msw.listen({ onUnhandledRequest: 'error' }))

afterAll(() => msw.close())

afterEach(async () => {
  await tokens.close()
  tokenRequests.length = 0
  seen.length = 0
  refused = undefined
})

function tokenClient(): TokenClient {
  return createTokenClient({
    tokenEndpoint: 'https://auth.internal/oauth2/token',
    clientId: 'order-service',
    clientSecret: 'secret',
    scope: ['read_user']
  })
}

test('C12 msw sees the token request of a client', async () => {
  tokens = tokenClient()
  const { value } = await tokens.getToken()
  expect(value).toBe('token-1')
  expect(tokenRequests).toEqual(['grant_type=client_credentials&scope=read_user'])
})

test('D20 C26 a fetch made by the client puts the token on a call to its origin and on no other', async () => {
  tokens = tokenClient()
  const authorizedFetch = tokens.createFetch({ origins: ['https://users.internal'] })
  const response = await authorizedFetch('https://users.internal/users/42')
  expect(await response.json()).toEqual({ id: 42 })
  await authorizedFetch('https://elsewhere.example/')
  expect(seen).toEqual(['Bearer token-1', null])
})

test('D1 Q7 a refused token costs a user’s test one token request, and the call is answered', async () => {
  tokens = tokenClient()
  const authorizedFetch = tokens.createFetch({ origins: ['https://users.internal'] })
  refused = 'Bearer token-1'
  const { status } = await authorizedFetch('https://users.internal/users/42')
  expect(status).toBe(200)
  expect(seen).toEqual(['Bearer token-1', 'Bearer token-2'])
  expect(tokenRequests).toHaveLength(2)
})
