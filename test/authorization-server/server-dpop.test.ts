import * as oauth from 'oauth4webapi'
import { expect, onTestFinished, test } from 'vitest'
import type { AuthorizationServer, AuthorizationServerOptions } from '../../src/authorization-server/index.ts'
import { clientSecretPost } from '../../src/index.ts'
import { type AccessTokenVerifierOptions, accessTokenVerifier } from '../../src/resource-server/index.ts'
import { manualClock } from '../../src/testing/index.ts'
import { ath, proofSigner, target } from '../resource-server/proofs.ts'
import { basic, orders, post, serverForTest } from './server.ts'

const clock = manualClock()
const seconds = () => clock.wallTime() / 1000
const signer = await proofSigner('ES256', seconds)
const users = 'https://users.internal'

async function asked(server: AuthorizationServer, claims: Record<string, unknown> = {}, header = {}) {
  const proof = signer.proof({ htm: 'POST', htu: server.tokenEndpoint, ...claims }, header)
  return answered(await send(server, [proof]))
}

function send(server: AuthorizationServer, proofs: string[], clientId = 'orders', secret = orders.clientSecret) {
  const headers = new Headers({ authorization: basic(clientId, secret) })
  for (const proof of proofs) headers.append('dpop', proof)
  return fetch(server.tokenEndpoint, {
    method: 'POST',
    headers,
    body: new URLSearchParams({ grant_type: 'client_credentials' })
  })
}

async function answered(response: Response) {
  const body = (await response.json()) as Record<string, string>
  return { status: response.status, nonce: response.headers.get('dpop-nonce') ?? undefined, body }
}

function verifierOf(server: AuthorizationServer, options: Partial<AccessTokenVerifierOptions> = {}) {
  const verifier = accessTokenVerifier({ issuer: server.issuer, audience: users, clock, dpop: 'required', ...options })
  onTestFinished(() => verifier.close())
  return verifier
}

const start = (options: Partial<AuthorizationServerOptions> = {}) => serverForTest({ clock, ...options })

function used(token: string | undefined, claims: Record<string, unknown> = {}) {
  const proof = signer.proof({ ath: ath(token ?? ''), ...claims })
  return new Request(target, { headers: { authorization: `DPoP ${token}`, dpop: proof } })
}

test.each(['jwt', 'opaque'] as const)(
  'A7 a request with a proof gets a %s token that is bound to its key',
  async (format) => {
    const server = await start({ accessTokenFormat: format })
    const { status, nonce, body } = await asked(server)
    expect({ status, nonce, type: body.token_type }).toEqual({ status: 200, nonce: undefined, type: 'DPoP' })
    const introspected = await post(server.introspectionEndpoint, { token: body.access_token ?? '' })
    expect(await introspected.json()).toMatchObject({ active: true, token_type: 'DPoP', cnf: { jkt: signer.jkt } })
    const introspection = { clientId: 'orders', clientAuthentication: clientSecretPost(orders.clientSecret) }
    expect(await verifierOf(server, { introspection }).verify(used(body.access_token))).toMatchObject({
      clientId: 'orders'
    })
  }
)

test('A7 a request without a proof gets a Bearer token, unless the client has to have bound ones', async () => {
  const billing = { clientId: 'billing', clientSecret: 'other', scope: ['charge'], dpop: 'required' } as const
  const server = await start({ clients: [orders, billing] })
  const plain = await answered(await send(server, []))
  expect(plain.body.token_type).toBe('Bearer')
  const refused = await answered(await send(server, [], 'billing', 'other'))
  expect(refused).toMatchObject({ status: 400, body: { error: 'invalid_dpop_proof' } })
  server.clients.change('billing', { dpop: 'optional' })
  expect((await send(server, [], 'billing', 'other')).status).toBe(200)
})

test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
  ['of another type', {}, { typ: 'JWT' }],
  ['with a shared secret', {}, { alg: 'HS256' }],
  ['with a private key in it', {}, { jwk: signer.privateJwk }],
  ['without a key', {}, { jwk: undefined }],
  ['for another method', { htm: 'GET' }, {}],
  ['for another server', { htu: 'https://other.internal/token' }, {}],
  ['for another path', { htu: 'http://127.0.0.1/introspect' }, {}],
  ['that is old', { iat: seconds() - 61 }, {}],
  ['from the future', { iat: seconds() + 61 }, {}],
  ['without a jti', { jti: undefined }, {}],
  ['without a time', { iat: undefined }, {}]
])('A7 a proof %s is refused', async (_what, claims, header) => {
  expect(await asked(await start(), claims, header)).toMatchObject({
    status: 400,
    body: { error: 'invalid_dpop_proof', error_description: expect.stringMatching(/\.$/) }
  })
})

test('A7 a proof can be used once, and two proofs are refused', async () => {
  const server = await start()
  const proof = signer.proof({ htm: 'POST', htu: server.tokenEndpoint })
  expect((await send(server, [proof])).status).toBe(200)
  expect(await answered(await send(server, [proof]))).toMatchObject({
    status: 400,
    body: { error: 'invalid_dpop_proof' }
  })
  const fresh = () => signer.proof({ htm: 'POST', htu: server.tokenEndpoint })
  expect((await send(server, [fresh(), fresh()])).status).toBe(400)
})

test('T48 if nonces are required, each answer contains the next one, and a nonce is valid for five minutes', async () => {
  const server = await start({ dpopNonces: true })
  const first = await asked(server)
  expect(first).toMatchObject({ status: 400, nonce: expect.any(String), body: { error: 'use_dpop_nonce' } })
  for (let times = 0; times < 3; times++)
    expect(await asked(server, { nonce: first.nonce })).toMatchObject({ status: 200, nonce: first.nonce })
  await clock.advance(300_000)
  expect(await asked(server, { nonce: first.nonce })).toMatchObject({ status: 400, body: { error: 'use_dpop_nonce' } })
})

test('T48 a nonce for one use is accepted once, and each answer contains another one', async () => {
  const server = await start({ dpopNonces: 'once' })
  let { nonce } = await asked(server)
  const seen = [nonce]
  for (let times = 0; times < 3; times++) {
    const next = await asked(server, { nonce })
    expect(next.status).toBe(200)
    expect(await asked(server, { nonce })).toMatchObject({ status: 400, body: { error: 'use_dpop_nonce' } })
    nonce = next.nonce
    seen.push(nonce)
  }
  expect(new Set(seen).size).toBe(4)
})

test('a client’s rule about nonces overrides the server’s, and can be changed while it runs', async () => {
  const server = await start({ dpopNonces: 'once', clients: [{ ...orders, dpopNonces: false }] })
  expect(await asked(server)).toMatchObject({ status: 200, nonce: undefined })
  server.clients.change('orders', { dpopNonces: true })
  expect(await asked(server)).toMatchObject({ status: 400, body: { error: 'use_dpop_nonce' } })
})

test('the fault staleNonce demands another nonce, whatever the proof carries', async () => {
  const server = await start({ dpopNonces: true })
  const { nonce } = await asked(server)
  server.faults.staleNonce({ requests: 1 })
  expect(await asked(server, { nonce })).toMatchObject({ status: 400, nonce, body: { error: 'use_dpop_nonce' } })
  expect((await asked(server, { nonce })).status).toBe(200)
})

test('T50 with its clock wrong the server refuses proofs, and its Date tells by how much', async () => {
  const server = await start()
  server.faults.clockOffset(3_600_000)
  const response = await send(server, [signer.proof({ htm: 'POST', htu: server.tokenEndpoint })])
  expect(await answered(response.clone())).toMatchObject({ status: 400, body: { error: 'invalid_dpop_proof' } })
  const ahead = Date.parse(response.headers.get('date') ?? '') / 1000
  expect((await asked(server, { iat: ahead })).status).toBe(200)
})

test('the metadata name the algorithms of proofs, and a page of an allowed origin may send one and read a nonce', async () => {
  const server = await start({ cors: ['*'] })
  const metadata = await fetch(`${server.issuer}/.well-known/oauth-authorization-server`)
  expect(await metadata.json()).toMatchObject({
    dpop_signing_alg_values_supported: expect.arrayContaining(['ES256', 'EdDSA', 'Ed25519', 'PS256'])
  })
  expect(metadata.headers.get('access-control-expose-headers')).toBe('dpop-nonce')
  const headers = { origin: users, 'access-control-request-method': 'POST' }
  const preflight = await fetch(server.tokenEndpoint, { method: 'OPTIONS', headers })
  expect(preflight.headers.get('access-control-allow-headers')).toContain('dpop')
})

test.each<[string, Partial<AuthorizationServerOptions>]>([
  ['dpopNonces', { dpopNonces: 'twice' as 'once' }],
  ['dpop', { clients: [{ ...orders, dpop: true as unknown as 'required' }] }],
  ['dpopNonces', { clients: [{ ...orders, dpopNonces: 1 as unknown as true }] }]
])('a wrong %s is refused with a sentence', async (name, options) => {
  await expect(start(options)).rejects.toThrow(new RegExp(`${name} .*must be`))
})

/** Repeats the request if a nonce is demanded, as the documentation of the library says. */
async function again<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  try {
    return await call()
  } catch (error) {
    if (oauth.isDPoPNonceError(error)) return call()
    throw error
  }
}

test.each([false, true, 'once'] as const)(
  'R36 R40 oauth4webapi gets bound tokens and uses them, with nonces at both ends: %s',
  async (dpopNonces) => {
    const server = await serverForTest({ dpopNonces })
    const dpop = { tokens: 'required' as const, ...(dpopNonces !== false && { nonces: true as const }) }
    const verifier = accessTokenVerifier({ issuer: server.issuer, audience: users, dpop })
    onTestFinished(() => verifier.close())
    const client: oauth.Client = { client_id: 'orders' }
    const DPoP = oauth.DPoP(client, await oauth.generateKeyPair('ES256'))
    const as = { issuer: server.issuer, token_endpoint: server.tokenEndpoint }
    const options = { DPoP, [oauth.allowInsecureRequests]: true }
    for (let times = 0; times < 3; times++) {
      const { access_token: token, token_type: type } = await again(async () => {
        const authentication = oauth.ClientSecretPost(orders.clientSecret)
        const answer = await oauth.clientCredentialsGrantRequest(as, client, authentication, {}, options)
        return oauth.processClientCredentialsResponse(as, client, answer)
      })
      expect(type).toBe('dpop')
      const receive = async (url: string, init: RequestInit) => {
        const answer = await verifier.verify(new Request(url, init)).then(
          ({ clientId }) => ({ status: 200, headers: { 'dpop-nonce': verifier.dpopNonce() ?? '' }, body: clientId }),
          ({ status, challenge, dpopNonce }) => {
            return { status, headers: { 'www-authenticate': challenge, 'dpop-nonce': dpopNonce ?? '' }, body: '' }
          }
        )
        return new Response(answer.body, answer)
      }
      const served = await again(() =>
        oauth.protectedResourceRequest(token, 'GET', new URL(`${users}/users?q=1`), new Headers(), null, {
          DPoP,
          [oauth.customFetch]: receive as never
        })
      )
      expect(await served.text()).toBe('orders')
    }
  }
)
