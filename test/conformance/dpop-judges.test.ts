import express from 'express'
import { auth } from 'express-oauth2-jwt-bearer'
import { decodeJwt } from 'jose'
import { expect, onTestFinished, test } from 'vitest'
import { createTokenClient, type TokenClient, type TokenClientOptions } from '../../src/index.ts'
import { listen } from '../support/road.ts'
import { undici } from '../support/undici.ts'
import { type ProviderClient, resources, startOidcProvider } from './oidc-provider-server.ts'

const client: ProviderClient = { clientId: 'orders', clientSecret: 'orders-secret', method: 'client_secret_post' }

async function provider(requireNonce: boolean) {
  const dPoP = { enabled: true, nonceSecret: Buffer.alloc(32, 7), requireNonce: () => requireNonce }
  const server = await startOidcProvider([client], { dPoP })
  onTestFinished(() => server[Symbol.asyncDispose]())
  return server
}

function clientOf(issuer: string, options: Partial<TokenClientOptions> = {}): TokenClient {
  const { clientId, clientSecret } = client
  const dpop = { issuer, clientId, clientSecret, dpop: true, resource: resources.jwt }
  const tokens = createTokenClient({ ...dpop, ...options } as TokenClientOptions)
  onTestFinished(() => tokens.close())
  return tokens
}

/** A service that checks tokens and proofs by express-oauth2-jwt-bearer, which knows no nonces. */
async function service(issuer: string, jwksUri: string) {
  const app = express()
  const dpop = { enabled: true, required: true, iatOffset: 60, iatLeeway: 60 }
  app.use(auth({ issuer, jwksUri, audience: resources.jwt, tokenSigningAlg: 'RS256', dpop }))
  app.get('/users/:id', (_request, response) => void response.send('welcome'))
  return listen(app)
}

test.each([false, true])('A7 C75 C76 oidc-provider gives a bound token, nonces demanded: %s', async (requireNonce) => {
  const { issuer, introspect } = await provider(requireNonce)
  for (const alg of ['ES256', 'EdDSA']) {
    const tokens = clientOf(issuer, { dpop: { alg } })
    const token = await tokens.getToken()
    expect(decodeJwt(token.value).cnf).toEqual({ jkt: token.boundTo })
    const opaque = await tokens.getToken({ resource: resources.opaque })
    expect(await introspect(opaque.value, client)).toMatchObject({ token_type: 'DPoP', cnf: { jkt: token.boundTo } })
  }
})

test('T48 oidc-provider’s nonces serve requests beside each other', async () => {
  const { issuer } = await provider(true)
  const tokens = clientOf(issuer)
  const asked = Array.from({ length: 20 }, (_, index) => tokens.getToken({ parameters: { number: String(index) } }))
  expect((await Promise.all(asked)).every(({ type }) => type === 'DPoP')).toBe(true)
})

test('C77 C81 express-oauth2-jwt-bearer takes each request with a proof of its own', async () => {
  const { issuer, jwksUri } = await provider(true)
  const origin = await service(issuer, jwksUri)
  const tokens = clientOf(issuer)
  const dispatcher = new undici.Agent().compose(tokens.interceptor({ origins: [origin] }) as never)
  onTestFinished(() => dispatcher.close())
  for (const path of ['/users/7', '/users/7?part=name', '/users/7', '/users/%7e%41']) {
    const response = await undici.request(origin + path, { dispatcher })
    expect([path, response.statusCode, await response.body.text()]).toEqual([path, 200, 'welcome'])
  }
  const { value } = await tokens.getToken()
  const stolen = await undici.request(`${origin}/users/7`, { headers: { authorization: `DPoP ${value}` } })
  await stolen.body.dump()
  expect(stolen.statusCode).not.toBe(200)
})
