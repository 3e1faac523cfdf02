import { createHash, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { createServer as createPlainServer, type RequestListener } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { Agent, request } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import { type AccessTokenVerifierOptions, requireToken, scopes } from '../../src/resource-server/index.ts'
import { authority, type Certificate, certificate } from '../support/certificates.ts'
import { testIssuer } from './issuer.ts'

const { token, verifier } = await testIssuer()
const ca = await authority()
const [service, client, thief] = (await Promise.all(
  ['service', 'client', 'thief'].map((name) => certificate(name, ca))
)) as [Certificate, Certificate, Certificate]

const der = ({ cert }: Certificate) => new X509Certificate(cert).raw
const thumbprint = (of: Certificate) => createHash('sha256').update(der(of)).digest('base64url')
const bound = `Bearer ${await token({ cnf: { 'x5t#S256': thumbprint(client) } })}`
const free = `Bearer ${await token()}`

function guarded(options: Partial<AccessTokenVerifierOptions>): RequestListener {
  const guard = requireToken(verifier(options), scopes('read_user'))
  return (incoming, response) => guard(incoming, response, () => response.end('welcome'))
}

async function mutualTlsService(options: Partial<AccessTokenVerifierOptions> = {}): Promise<string> {
  const tls = { ...service, ca: ca.cert, requestCert: true, rejectUnauthorized: false }
  const server = createServer(tls, guarded(options)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function plainService(options: Partial<AccessTokenVerifierOptions>): Promise<string> {
  const server = createPlainServer(guarded(options)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function call(url: string, authorization: string, by?: Certificate, headers: Record<string, string> = {}) {
  const agent = new Agent({ connect: { ca: ca.cert, ...by } })
  onTestFinished(() => agent.destroy())
  const response = await request(url, { dispatcher: agent, headers: { authorization, ...headers } })
  await response.body.dump()
  return [response.statusCode, response.headers['www-authenticate']] as const
}

const refused = [401, expect.stringContaining('error="invalid_token"')]

test('R34 a token that is bound to a certificate is accepted only with that certificate', async () => {
  const url = await mutualTlsService()
  expect(await call(url, bound, client)).toEqual([200, undefined])
  expect(await call(url, bound, thief)).toEqual(refused)
  expect(await call(url, bound)).toEqual(refused)
  // The token is cached now, and the thief still cannot use it.
  expect(await call(url, bound, thief)).toEqual(refused)
})

test('R34 an unbound token is accepted with and without a certificate', async () => {
  const url = await mutualTlsService()
  expect(await call(url, free, client)).toEqual([200, undefined])
  expect(await call(url, free)).toEqual([200, undefined])
})

test.each<Partial<AccessTokenVerifierOptions>>([{}, { dpop: 'accepted' }])(
  'R34 senderConstrained takes a token that is bound to a certificate, and none that is bound to nothing, with %j beside it',
  async (options) => {
    const url = await mutualTlsService({ senderConstrained: true, ...options })
    expect(await call(url, bound, client)).toEqual([200, undefined])
    expect(await call(url, bound, thief)).toEqual(refused)
    expect(await call(url, free, client)).toEqual(refused)
  }
)

test('R37 where a key is required, a certificate is not enough', async () => {
  const url = await mutualTlsService({ dpop: 'required' })
  expect(await call(url, bound, client)).toEqual(refused)
})

test('R34 without a connection, a token that is bound to a certificate is refused', async () => {
  await expect(verifier().verify(bound)).rejects.toMatchObject({ reason: 'wrong_certificate' })
  expect(await call(await plainService({}), bound)).toEqual(refused)
})

const forms = {
  'Client-Cert (RFC 9440)': (of: Certificate) => `:${der(of).toString('base64')}:`,
  'URL-encoded PEM (nginx)': (of: Certificate) => encodeURIComponent(of.cert),
  'URL-encoded PEM with safe letters (AWS)': (of: Certificate) =>
    encodeURIComponent(of.cert).replaceAll('%2B', '+').replaceAll('%2F', '/').replaceAll('%3D', '='),
  'PEM with spaces (Apache)': (of: Certificate) => of.cert.trim().replaceAll('\n', ' '),
  'base64 of DER (HAProxy, Azure)': (of: Certificate) => der(of).toString('base64'),
  'URL-encoded base64 of DER (Traefik)': (of: Certificate) => encodeURIComponent(der(of).toString('base64')),
  'XFCC with the certificate (Envoy)': (of: Certificate) =>
    `By=spiffe://shop/users;Hash=${'0'.repeat(64)};Cert="${encodeURIComponent(of.cert)}";Subject="CN=a;b,c=\\"d\\"";URI=spiffe://shop/orders`,
  'XFCC with the hash alone (Envoy)': (of: Certificate) =>
    `By=spiffe://shop/users;Hash=${createHash('sha256').update(der(of)).digest('hex')};Subject="CN=orders"`
}

test.each(Object.entries(forms))('R35 a trusted proxy forwards the certificate as %s', async (_name, form) => {
  const url = await plainService({ forwardedCertificate: { header: 'Client-Cert', trustedProxies: ['127.0.0.1'] } })
  expect(await call(url, bound, undefined, { 'client-cert': form(client) })).toEqual([200, undefined])
  expect(await call(url, bound, undefined, { 'client-cert': form(thief) })).toEqual(refused)
  expect(await call(url, bound)).toEqual(refused)
})

test.each(['', '::', ':AAAA:', 'nonsense', '%', ':AAAA', 'a, b'])(
  'R35 a header that holds no certificate is none: %j',
  async (header) => {
    const url = await plainService({ forwardedCertificate: { header: 'client-cert', trustedProxies: ['127.0.0.1'] } })
    expect(await call(url, bound, undefined, { 'client-cert': header })).toEqual(refused)
  }
)

test.each(Object.entries(forms))(
  'R35 a header of the form %s that comes twice, or holds two values, is refused: the first is the attacker’s',
  async (_name, form) => {
    const options = { forwardedCertificate: { header: 'Client-Cert', trustedProxies: ['127.0.0.1'] } }
    const url = new URL(await plainService(options))
    const values = [form(client), form(thief)]
    for (const two of [values, values.toReversed(), [values.join(',')], [values.toReversed().join(', ')]]) {
      const rawHeaders = two.flatMap((value) => ['Client-Cert', value])
      const agent = new Agent()
      onTestFinished(() => agent.destroy())
      const headers = ['authorization', bound, ...rawHeaders]
      const response = await request(url, { dispatcher: agent, headers })
      await response.body.dump()
      expect(response.statusCode).toBe(401)
    }
  }
)

test.each([
  ['127.0.0.1', 200],
  ['127.0.0.0/8', 200],
  ['::ffff:127.0.0.1', 200],
  ['::ffff:127.0.0.0/104', 200],
  ['0.0.0.0/0', 200],
  ['127.0.0.2', 401],
  ['10.0.0.0/8', 401],
  ['::1', 401],
  ['fd00::/8', 401]
])('R35 a proxy is trusted by its address or its network: %s', async (proxy, status) => {
  const url = await plainService({
    forwardedCertificate: { header: 'client-cert', trustedProxies: ['192.0.2.1', proxy] }
  })
  const header = { 'client-cert': forms['Client-Cert (RFC 9440)'](client) }
  expect((await call(url, bound, undefined, header))[0]).toBe(status)
})

test.each([
  'proxy.internal',
  'localhost',
  '10.0.0.0/33',
  '10.0.0.0/-1',
  '10.0.0.0/',
  '10.0.0.0/8/8',
  '10.0.0',
  '*',
  'fd00::/129'
])('R35 %s is not an address of a proxy, and is refused at the start', (proxy) => {
  const forwardedCertificate = { header: 'client-cert', trustedProxies: [proxy] }
  expect(() => verifier({ forwardedCertificate })).toThrow(/trustedProxies contains something that is not an address/)
})

test('R35 a certificate from anybody but the proxy is ignored', async () => {
  const header = { 'client-cert': forms['Client-Cert (RFC 9440)'](client) }
  const elsewhere = { forwardedCertificate: { header: 'client-cert', trustedProxies: ['10.0.0.1'] } }
  expect(await call(await plainService(elsewhere), bound, undefined, header)).toEqual(refused)
  expect(await call(await plainService({}), bound, undefined, header)).toEqual(refused)
})
