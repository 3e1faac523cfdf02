import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express, { type RequestHandler } from 'express'
import { auth } from 'express-oauth2-jwt-bearer'
import { expect, onTestFinished, test } from 'vitest'
import { startAuthorizationServer } from '../../src/authorization-server/index.ts'
import { accessTokenVerifier, requireToken, scopes } from '../../src/resource-server/index.ts'
import { ath, proofSigner } from '../resource-server/proofs.ts'

const audience = 'https://users.internal'
const seconds = () => Math.floor(Date.now() / 1000)
const client = await proofSigner('ES256', seconds)
const thief = await proofSigner('ES256', seconds)

async function service(guard: RequestHandler): Promise<string> {
  const app = express()
  app.get('/users', guard, (_request, response) => void response.send('welcome'))
  // Their middleware passes refusals to the error handler.
  app.use(((error, _request, response, _next) => {
    response.set(error.headers ?? {}).sendStatus(error.status ?? 500)
  }) satisfies express.ErrorRequestHandler)
  const server = createServer(app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/users`
}

/** Tokens of one issuer, at a service with our verifier and at one with theirs. */
async function bothServices() {
  const orders = { clientId: 'orders', clientSecret: 'only here', scope: ['read_user'], audience: [audience] }
  const server = await startAuthorizationServer({ clients: [orders] })
  const { issuer, jwksUri, tokenEndpoint } = server
  const verifier = accessTokenVerifier({ issuer, audience, dpop: 'accepted' })
  onTestFinished(async () => {
    await verifier.close()
    await server.close()
  })
  const dpop = { enabled: true, required: false, iatOffset: 60, iatLeeway: 60 }
  const theirs = auth({ issuer, jwksUri, audience, tokenSigningAlg: 'ES256', dpop })
  const urls = [await service(requireToken(verifier, scopes('read_user'))), await service(theirs)] as const

  async function token(bound: boolean): Promise<string> {
    const proof = client.proof({ htm: 'POST', htu: tokenEndpoint })
    const form = { grant_type: 'client_credentials', client_id: 'orders', client_secret: 'only here' }
    const headers: Record<string, string> = bound ? { dpop: proof } : {}
    const response = await fetch(tokenEndpoint, { method: 'POST', headers, body: new URLSearchParams(form) })
    return ((await response.json()) as { access_token: string }).access_token
  }

  return { urls, bound: await token(true), free: await token(false) }
}

type Proof = (url: string, token: string) => string | undefined
const proofWith =
  (claims: object, header: object = {}): Proof =>
  (htu, token) =>
    client.proof({ htu, ath: ath(token), ...claims }, header as Record<string, unknown>)

const right: Record<string, Proof> = {
  'a proof': proofWith({}),
  'another one': proofWith({ more: 'claims' }),
  'a proof of half a minute ago': proofWith({ iat: seconds() - 30 }),
  'a proof with a nonce that nobody asked for': proofWith({ nonce: 'x' }),
  'a URL with an upper-case scheme': (url, token) => proofWith({ htu: url.replace('http', 'HTTP') })(url, token)
}

const wrong: Record<string, Proof> = {
  'no proof': () => undefined,
  'no JWT': () => 'x',
  'two proofs in one field': (url, token) => `${proofWith({})(url, token)}, ${proofWith({})(url, token)}`,
  'the type JWT': proofWith({}, { typ: 'JWT' }),
  'no type': proofWith({}, { typ: undefined }),
  'a shared secret': proofWith({}, { alg: 'HS256' }),
  'no key': proofWith({}, { jwk: undefined }),
  'a private key': proofWith({}, { jwk: client.privateJwk }),
  'another key': (htu, token) => thief.proof({ htu, ath: ath(token) }),
  'a signature of somebody else': (htu, token) => thief.proof({ htu, ath: ath(token) }, { jwk: client.jwk }),
  'another method': proofWith({ htm: 'POST' }),
  'another URL': proofWith({ htu: 'http://127.0.0.1/users' }),
  'another path': (url, token) => proofWith({ htu: `${url}/7` })(url, token),
  'no hash of the token': proofWith({ ath: undefined }),
  'a hash of another token': proofWith({ ath: ath('x') }),
  'no jti': proofWith({ jti: undefined }),
  'no time': proofWith({ iat: undefined }),
  'a time that is a text': proofWith({ iat: 'now' }),
  'an old one': proofWith({ iat: seconds() - 3600 }),
  'one from the future': proofWith({ iat: seconds() + 3600 })
}

async function call(url: string, authorization: string, proof: string | undefined) {
  const response = await fetch(url, { headers: { authorization, ...(proof !== undefined && { dpop: proof }) } })
  await response.text()
  return { status: response.status, challenge: response.headers.get('www-authenticate') ?? '' }
}

test('R36 R37 express-oauth2-jwt-bearer takes the bound tokens of the development server, and checks proofs as we do', async () => {
  const { urls, bound } = await bothServices()
  const verdicts = async (proofs: Record<string, Proof>) =>
    Promise.all(
      Object.entries(proofs).map(async ([name, make]) => {
        const statuses = urls.map((url) => call(url, `DPoP ${bound}`, make(url, bound)))
        return [name, ...(await Promise.all(statuses)).map(({ status }) => (status < 400 ? 'yes' : 'no'))]
      })
    )
  expect(await verdicts(right)).toEqual(Object.keys(right).map((name) => [name, 'yes', 'yes']))
  expect(await verdicts(wrong)).toEqual(Object.keys(wrong).map((name) => [name, 'no', 'no']))
})

test('R38 R41 both refuse a bound token that comes as Bearer, and both name DPoP with its algorithms', async () => {
  const { urls, bound, free } = await bothServices()
  for (const url of urls) {
    expect((await call(url, `Bearer ${free}`, undefined)).status).toBe(200)
    expect((await call(url, `Bearer ${bound}`, proofWith({})(url, bound))).status).toBe(401)
    expect((await call(url, `DPoP ${free}`, proofWith({})(url, free))).status).toBe(401)
    const { status, challenge } = await call(url, `DPoP ${bound}`, undefined)
    expect(status).toBeGreaterThanOrEqual(400)
    expect(challenge).toMatch(/Bearer .*DPoP .*algs="[^"]*ES256/s)
  }
})

test('R39 we refuse a proof that was used before; they leave that to the service', async () => {
  const { urls, bound } = await bothServices()
  const statuses = async (url: string) => {
    const proof = proofWith({})(url, bound)
    return [await call(url, `DPoP ${bound}`, proof), await call(url, `DPoP ${bound}`, proof)].map(
      ({ status }) => status
    )
  }
  expect(await statuses(urls[0])).toEqual([200, 401])
  expect(await statuses(urls[1])).toEqual([200, 200])
})
