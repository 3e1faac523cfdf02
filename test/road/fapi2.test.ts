import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { expect, onTestFinished, test } from 'vitest'
import {
  createTokenClient,
  privateKeyJwt,
  type TokenClient,
  type TokenClientOptions,
  tlsClientAuth
} from '../../src/index.ts'
import { authority, certificate } from '../support/certificates.ts'

const ca = await authority()
const server = await certificate('server', ca)
const orders = await certificate('orders', ca)

/** A token endpoint on TLS that keeps the forms and proofs it was sent. */
async function endpoint(tls: object = {}) {
  const seen: { assertion: string | undefined; proof: string | undefined; version: string | null }[] = []
  const https = createServer(
    { key: server.key, cert: server.cert, ca: ca.cert, requestCert: true, rejectUnauthorized: false, ...tls },
    async (request, response) => {
      let form = ''
      for await (const chunk of request) form += chunk
      const socket = request.socket as import('node:tls').TLSSocket
      seen.push({
        assertion: new URLSearchParams(form).get('client_assertion') ?? undefined,
        proof: request.headers.dpop as string | undefined,
        version: socket.getProtocol()
      })
      const token_type = request.headers.dpop === undefined ? 'Bearer' : 'DPoP'
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ access_token: 'token', token_type, expires_in: 3600 }))
    }
  )
  await new Promise<void>((resolve) => https.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void https.close())
  const issuer = `https://localhost:${(https.address() as AddressInfo).port}`
  return { issuer, seen }
}

function clientOf(issuer: string, options: object): TokenClient {
  const common = { issuer, tokenEndpoint: `${issuer}/token`, clientId: 'orders', profile: 'fapi2' }
  const tokens = createTokenClient({ ...common, ...options } as TokenClientOptions)
  onTestFinished(() => tokens.close())
  return tokens
}

const trusting = { connect: { ca: ca.cert } }

test.each<[string, KeyObject, string]>([
  ['RSA', generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey, 'PS256'],
  ['P-256', generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, 'ES256'],
  ['Ed25519', generateKeyPairSync('ed25519').privateKey, 'EdDSA']
])('under FAPI 2.0 a key of %s signs for the issuer, and the token is bound', async (_kind, key, alg) => {
  const { issuer, seen } = await endpoint()
  const tokens = clientOf(issuer, { ...trusting, clientAuthentication: privateKeyJwt({ key }), dpop: { key } })
  expect((await tokens.getToken()).type).toBe('DPoP')
  const [{ assertion = '', proof = '' } = {}] = seen
  expect([decodeProtectedHeader(assertion).alg, decodeProtectedHeader(proof).alg]).toEqual([alg, alg])
  expect(decodeJwt(assertion).aud).toBe(issuer)
})

test('under FAPI 2.0 a certificate binds the token as well as a key does', async () => {
  const { issuer, seen } = await endpoint()
  const { cert, key } = orders
  const tokens = clientOf(issuer, { clientAuthentication: tlsClientAuth({ cert, key, ca: ca.cert }) })
  const token = await tokens.getToken()
  expect({ type: token.type, proof: seen[0]?.proof }).toEqual({ type: 'Bearer', proof: undefined })
  expect(token.boundTo).toBeDefined()
})

test('under FAPI 2.0 a server with other ciphers of TLS 1.2 is not talked to', async () => {
  const { issuer, seen } = await endpoint({
    maxVersion: 'TLSv1.2',
    ciphers: 'ECDHE-RSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA256'
  })
  const key = generateKeyPairSync('ed25519').privateKey
  const options = { ...trusting, clientAuthentication: privateKeyJwt({ key }), dpop: true, timeout: 2000 }
  await expect(clientOf(issuer, options).getToken()).rejects.toMatchObject({ code: 'ERR_TLS_ERROR' })
  expect(seen).toEqual([])
  await clientOf(issuer, { ...options, profile: undefined }).getToken()
  expect(seen[0]?.version).toBe('TLSv1.2')
})
