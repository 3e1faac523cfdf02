import { createRemoteJWKSet, jwtVerify } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { clientSecretBasic, clientSecretPost, createTokenClient, type TokenClient } from '../../src/index.ts'
import { type ProviderClient, type ProviderServer, resources, startOidcProvider } from './oidc-provider-server.ts'

const methods = ['client_secret_basic', 'client_secret_post'] as const
const credentials = [
  { clientId: 'order-service', clientSecret: 'plain-secret-of-some-length' },
  { clientId: 'order:service', clientSecret: 'p%: +&~' },
  { clientId: 'a+b c%d&e=f', clientSecret: '%2B+ "\\/?#:;=' }
]
const clients = methods.flatMap((method) =>
  credentials.map(({ clientId, clientSecret }) => ({ clientId: `${clientId} ${method}`, clientSecret, method }))
)
const judge: ProviderClient = { clientId: 'judge', clientSecret: 'judge-secret', method: 'client_secret_post' }
const [plain] = clients as [ProviderClient]

let server: ProviderServer

beforeAll(async () => {
  server = await startOidcProvider([...clients, judge])
})

afterAll(() => server[Symbol.asyncDispose]())

function tokenClient({ clientId, clientSecret, method }: ProviderClient): TokenClient {
  const authentication = method === 'client_secret_basic' ? clientSecretBasic : clientSecretPost
  return createTokenClient({
    issuer: server.issuer,
    clientId,
    clientAuthentication: authentication(clientSecret),
    scope: ['read_user']
  })
}

test.each(clients)(
  'C2 C4 X10 oidc-provider knows $clientId by a secret with every awkward character',
  async (client) => {
    const tokens = tokenClient(client)
    try {
      const { value, scope } = await tokens.getToken()
      expect(scope).toEqual(['read_user'])
      const said = await server.introspect(value, judge)
      expect(said).toMatchObject({ active: true, client_id: client.clientId, scope: 'read_user' })
    } finally {
      await tokens.close()
    }
  }
)

test('T46 C20 oidc-provider refuses a wrong secret, and the error says which word it used', async () => {
  const tokens = tokenClient({ ...plain, clientSecret: 'not-the-secret' })
  try {
    await expect(tokens.getToken()).rejects.toMatchObject({
      code: 'ERR_INVALID_CLIENT',
      oauthError: 'invalid_client',
      transient: false
    })
  } finally {
    await tokens.close()
  }
})

test('C61 C62 C63 one client keeps a JWT and an opaque token of oidc-provider, one for each resource', async () => {
  const tokens = tokenClient(plain)
  try {
    const jwt = await tokens.getToken({ resource: resources.jwt })
    const opaque = await tokens.getToken({ resource: [resources.opaque] })
    const keys = createRemoteJWKSet(new URL(server.jwksUri))
    const { payload } = await jwtVerify(jwt.value, keys, {
      issuer: server.issuer,
      audience: resources.jwt,
      typ: 'at+jwt'
    })
    expect(payload).toMatchObject({ client_id: plain.clientId, scope: 'read_user' })
    expect(opaque.value).not.toContain('.')
    expect(await server.introspect(opaque.value, judge)).toMatchObject({ active: true, aud: resources.opaque })
    expect((await tokens.getToken({ resource: resources.jwt })).serial).toBe(jwt.serial)
  } finally {
    await tokens.close()
  }
})

test('T34 oidc-provider grants less at a resource than was asked, and the token says so', async () => {
  const tokens = tokenClient(plain)
  try {
    const { scope } = await tokens.getToken({ scope: ['read_user', 'write_user'], resource: resources.opaque })
    expect(scope).toEqual(['read_user'])
  } finally {
    await tokens.close()
  }
})

test('T45 C62 oidc-provider refuses two resources in one token, for good', async () => {
  const tokens = tokenClient(plain)
  try {
    await expect(tokens.getToken({ resource: Object.values(resources) })).rejects.toMatchObject({
      code: 'ERR_INVALID_TARGET',
      transient: false
    })
  } finally {
    await tokens.close()
  }
})

test('C49 C51 the metadata of oidc-provider are found, and its expires_in is kept', async () => {
  const tokens = tokenClient(plain)
  try {
    const { obtainedAt, expiresAt } = await tokens.getToken()
    expect(expiresAt - obtainedAt).toBe(43_200_000)
  } finally {
    await tokens.close()
  }
})
