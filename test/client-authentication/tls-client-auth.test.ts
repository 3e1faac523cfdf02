import { createHash, createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { privateKeyJwt } from '../../src/client-authentication/private-key-jwt.ts'
import { selfSignedTlsClientAuth, tlsClientAuth } from '../../src/client-authentication/tls-client-auth.ts'
import { type Certificate, certificate } from '../support/certificates.ts'
import { present } from './draft.ts'

let one: Certificate
let other: Certificate

beforeAll(async () => {
  one = await certificate('order-service')
  other = await certificate('order-service')
})

test.each([
  ['tls_client_auth', tlsClientAuth],
  ['self_signed_tls_client_auth', selfSignedTlsClientAuth]
])('C57 %s sends the client id, and nothing else of the proof is in the message', async (name, method) => {
  const authentication = method(one)
  const { form, headers, certificate: presented } = await present(authentication)
  expect(authentication).toMatchObject({ method: name, mutualTls: { ca: undefined } })
  expect(Object.fromEntries(form)).toEqual({ grant_type: 'client_credentials', client_id: 'order-service' })
  expect(headers).toEqual({})
  expect(presented?.cert).toBe(one.cert)
  const thumbprint = createHash('sha256').update(new X509Certificate(one.cert).raw).digest('base64url')
  expect(presented?.thumbprint).toBe(thumbprint)
})

test('C60 a new pair of files is presented at the next request; half a rotation is not', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'certificate-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const [certFile, keyFile] = [join(folder, 'tls.crt'), join(folder, 'tls.key')]
  writeFileSync(certFile, one.cert)
  writeFileSync(keyFile, one.key)
  const authentication = tlsClientAuth({ certFile, keyFile })
  writeFileSync(certFile, other.cert)
  const between = await present(authentication)
  expect([between.certificate?.cert, between.warnings]).toEqual([one.cert, ['secret_unavailable']])
  writeFileSync(keyFile, other.key)
  expect((await present(authentication)).certificate?.cert).toBe(other.cert)
  expect(await between.proof.refused()).toBe(true)
})

test('C58 a key pair in files signs assertions that name its certificate', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'certificate-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const [certFile, keyFile] = [join(folder, 'tls.crt'), join(folder, 'tls.key')]
  writeFileSync(certFile, one.cert)
  writeFileSync(keyFile, one.key)
  const { form } = await present(privateKeyJwt({ key: { certFile, keyFile } }))
  const [header = ''] = (form.get('client_assertion') ?? '').split('.')
  const thumbprint = createHash('sha256').update(new X509Certificate(one.cert).raw).digest('base64url')
  expect(JSON.parse(Buffer.from(header, 'base64url').toString())['x5t#S256']).toBe(thumbprint)
})

test.each<[string, () => unknown, string]>([
  ['a key of another certificate', () => ({ cert: one.cert, key: other.key }), 'a certificate of another key'],
  ['no certificate', () => ({ cert: 'x', key: one.key }), 'no certificate'],
  ['no key', () => ({ cert: one.cert, key: 'x' }), 'no private key'],
  ['no authority', () => ({ ...one, ca: 'x' }), 'ca holds no certificate'],
  ['a file that is not there', () => ({ certFile: '/nowhere/c', keyFile: '/nowhere/k' }), 'ENOENT'],
  ['nothing', () => undefined, 'tlsClientAuth options must be an object, but is undefined'],
  ['an object with nothing', () => ({}), 'is missing'],
  ['a certificate twice', () => ({ ...one, certFile: '/c' }), 'options.certFile cannot be combined with cert'],
  [
    'a pair of files with a key',
    () => ({ certFile: '/c', key: one.key }),
    'options.key cannot be combined with certFile'
  ],
  ['one file of a pair', () => ({ certFile: '/nowhere/c' }), 'options.keyFile is missing'],
  ['something else', () => ({ pfx: 'x' }), 'tlsClientAuth options.pfx is not an option']
])('C58 X18 %s is refused at construction, and no key is shown', (_, options, reason) => {
  try {
    tlsClientAuth(options() as Certificate)
    expect.unreachable()
  } catch (error) {
    expect(error).toMatchObject({ name: 'ClientConfigurationError', message: expect.stringContaining(reason) })
    expect(inspect(error)).not.toContain('PRIVATE KEY')
  }
})

test('X11 a presented certificate does not show its key', async () => {
  const key = createPrivateKey(one.key)
  const { certificate: presented } = await present(tlsClientAuth({ cert: one.cert, key }))
  expect(inspect(presented, { showHidden: true, depth: null })).not.toContain('PRIVATE KEY')
  expect(presented?.key.reveal()).toContain('PRIVATE KEY')
})
