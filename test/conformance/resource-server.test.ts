import { decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { clientSecretPost, createTokenClient } from '../../src/index.ts'
import { accessTokenVerifier, type Introspection, scopes } from '../../src/resource-server/index.ts'
import { type ProviderServer, resources, signedResources, startOidcProvider } from './oidc-provider-server.ts'

const orders = {
  clientId: 'orders',
  clientSecret: 'orders-secret-of-some-length',
  method: 'client_secret_post'
} as const
const users = { clientId: 'users', clientSecret: 'users-secret-of-some-length', method: 'client_secret_post' } as const

let server: ProviderServer

beforeAll(async () => {
  server = await startOidcProvider([orders, users])
})

afterAll(() => server[Symbol.asyncDispose]())

async function authorization(resource: string): Promise<string> {
  const { clientId, clientSecret } = orders
  const clientAuthentication = clientSecretPost(clientSecret)
  const tokens = createTokenClient({
    issuer: server.issuer,
    clientId,
    clientAuthentication,
    resource,
    scope: 'read_user'
  })
  onTestFinished(() => tokens.close())
  return (await tokens.getToken()).authorization
}

function verifier(audience: string, introspection?: Introspection) {
  const made = accessTokenVerifier({ issuer: server.issuer, audience, ...(introspection && { introspection }) })
  onTestFinished(() => made.close())
  return made
}

test.each(Object.entries({ RS256: resources.jwt, ...signedResources }))(
  'R11 R13 R14 a token that oidc-provider signs with %s is verified, for its own resource and no other',
  async (alg, resource) => {
    const header = await authorization(resource)
    expect(decodeProtectedHeader(header.replace('Bearer ', ''))).toMatchObject({ alg, typ: 'at+jwt' })
    const own = verifier(resource)
    const token = await own.verify(header)
    expect(token).toMatchObject({
      clientId: 'orders',
      audience: [resource],
      scope: ['read_user'],
      issuer: server.issuer
    })
    expect(() => own.demand(token, scopes('read_user'))).not.toThrow()
    expect(() => own.demand(token, scopes('write_user'))).toThrow()
    await expect(verifier('https://other.example/').verify(header)).rejects.toMatchObject({ reason: 'wrong_audience' })
  }
)

test('R31 R32 an opaque token of oidc-provider is asked about there, and a made-up one is not active', async () => {
  const clientAuthentication = clientSecretPost(users.clientSecret)
  const own = verifier(resources.opaque, { clientId: users.clientId, clientAuthentication })
  expect(await own.verify(await authorization(resources.opaque))).toMatchObject({
    clientId: 'orders',
    audience: [resources.opaque],
    scope: ['read_user']
  })
  await expect(own.verify('Bearer made-up')).rejects.toMatchObject({ reason: 'inactive' })
})
