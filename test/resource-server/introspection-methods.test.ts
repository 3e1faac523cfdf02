import { beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { type AuthorizationServerOptions, startAuthorizationServer } from '../../src/authorization-server/index.ts'
import { type ClientAuthentication, clientSecretBasic, privateKeyJwt, tlsClientAuth } from '../../src/index.ts'
import { type AccessTokenVerifier, accessTokenVerifier } from '../../src/resource-server/index.ts'
import { type ManualClock, manualClock } from '../../src/testing/index.ts'
import { type Identity, jwksOf, newIdentity, waysInConnection, waysInMessage } from '../support/every-method.ts'
import { audience } from './issuer.ts'

let identity: Identity
let stranger: Identity

beforeAll(async () => {
  identity = await newIdentity('users')
  stranger = await newIdentity('somebody else')
})

async function opaqueToken(options: Partial<AuthorizationServerOptions> = {}) {
  const { secret, ca, server: own, selfSigned } = identity
  const server = await startAuthorizationServer({
    clients: [
      { clientId: 'orders', clientSecret: 'orders-secret', scope: ['read_user'], audience: [audience] },
      {
        clientId: 'users',
        scope: [],
        clientSecret: secret,
        jwks: jwksOf(identity),
        certificates: [selfSigned.cert],
        certificateSubject: 'CN=users'
      }
    ],
    accessTokenFormat: 'opaque',
    tls: { cert: own.cert, key: own.key, ca: ca.cert },
    ...options
  })
  onTestFinished(server.close)
  const form = { grant_type: 'client_credentials', client_id: 'orders', client_secret: 'orders-secret' }
  const response = await fetch(server.tokenEndpoint, { method: 'POST', body: new URLSearchParams(form) })
  const { access_token: token } = (await response.json()) as { access_token: string }
  return { server, authorization: `Bearer ${token}` }
}

function verifierAt(issuer: string, clientAuthentication: ClientAuthentication, options: object = {}) {
  const introspection = { clientId: 'users', clientAuthentication }
  const verifier = accessTokenVerifier({ issuer, audience, introspection, ...options })
  onTestFinished(verifier.close)
  return verifier
}

const ways = [...waysInMessage, ...waysInConnection]

test.each(ways)('R31 C57 a resource server that asks about a token proves itself by $name', async (way) => {
  const { server, authorization } = await opaqueToken()
  const verifier = verifierAt(server.issuer, way.authentication(identity))
  expect((await verifier.verify(authorization)).clientId).toBe('orders')
  expect(server.requests.latest.at(-1)).toMatchObject({ endpoint: 'introspection', clientId: 'users' })
})

test.each(ways)('R33 a resource server whose proof by $name is wrong gets no answer', async (way) => {
  const { server, authorization } = await opaqueToken()
  const verifier = verifierAt(server.issuer, way.wrong(identity, stranger))
  await expect(verifier.verify(authorization)).rejects.toMatchObject({ code: 'ERR_INTROSPECTION_FAILED' })
})

test('R31 C46 a secret that the server has refused gives way to the next one within the same question', async () => {
  const { server, authorization } = await opaqueToken()
  const verifier = verifierAt(server.issuer, clientSecretBasic(['a secret that was replaced', identity.secret]))
  expect((await verifier.verify(authorization)).clientId).toBe('orders')
  expect(server.requests.count('introspection')).toBe(2)
})

test('R31 a dispatcher cannot present the certificate that introspection proves itself with', () => {
  const { issued } = identity
  const given = { dispatcher: { dispatch: () => true } }
  expect(() => verifierAt('https://auth.internal', tlsClientAuth(issued), given)).toThrow(
    expect.objectContaining({ code: 'ERR_CONFLICTING_OPTIONS' })
  )
})

test('R31 K7 a server whose clock is ten minutes ahead is asked once more, at once, and later by its own time', async () => {
  const { server, authorization } = await opaqueToken()
  const { privateKey } = identity.keys.ES256
  const clientAuthentication = privateKeyJwt({ key: privateKey, kid: 'ES256' })
  const introspection = { clientId: 'users', clientAuthentication, keepFor: 0 }
  const verifier = verifierAt(server.issuer, clientAuthentication, { introspection })
  server.faults.clockOffset(600_000)
  expect((await verifier.verify(authorization)).clientId).toBe('orders')
  expect(server.requests.count('introspection')).toBe(2)
  expect((await verifier.verify(authorization)).clientId).toBe('orders')
  expect(server.requests.count('introspection')).toBe(3)
})

test.each([
  ['is over when the verifier closes', (verifier: AccessTokenVerifier) => verifier.close(), 'ERR_CLIENT_CLOSED'],
  ['lasts five seconds', (_: AccessTokenVerifier, clock: ManualClock) => clock.advance(5000), 'ERR_SECRET_UNAVAILABLE']
])('R31 the wait for a signature that does not come %s', async (_, end, code) => {
  const clock = manualClock()
  const sign = vi.fn(() => new Promise<never>(() => {}))
  const { server, authorization } = await opaqueToken()
  const verifier = verifierAt(server.issuer, privateKeyJwt({ alg: 'ES256', sign }), { clock })
  const check = verifier.verify(authorization).catch((error: unknown) => error)
  await vi.waitFor(() => expect(sign).toHaveBeenCalled())
  await end(verifier, clock)
  expect(await check).toMatchObject({ code: 'ERR_INTROSPECTION_FAILED', cause: { code } })
  await verifier.close()
  expect(clock.timers).toBe(0)
})

test('R31 a secret has no date, so a clock difference does not cause a repeat', async () => {
  const { server, authorization } = await opaqueToken()
  server.faults.clockOffset(600_000)
  const verifier = verifierAt(server.issuer, clientSecretBasic('a secret that it does not know'))
  await expect(verifier.verify(authorization)).rejects.toMatchObject({ code: 'ERR_INTROSPECTION_FAILED' })
  expect(server.requests.count('introspection')).toBe(1)
})

test('R31 a method that the metadata do not list for introspection is named with those that they do', async () => {
  const { server, authorization } = await opaqueToken({ authenticationMethods: ['client_secret_post'] })
  const verifier = verifierAt(server.issuer, clientSecretBasic(identity.secret))
  await expect(verifier.verify(authorization)).rejects.toMatchObject({
    cause: {
      message:
        'The introspection endpoint answered 401. Its metadata lists client_secret_post, and client_secret_basic was used: set clientAuthentication.'
    }
  })
})
