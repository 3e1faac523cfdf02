import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { type CryptoKey, type JWTHeaderParameters, type JWTPayload, jwtVerify } from 'jose'
import { expect, onTestFinished, test } from 'vitest'
import { assertion, assertionFile } from '../../src/client-authentication/assertion.ts'
import type { ClientAuthentication, TokenRequestDraft } from '../../src/client-authentication/client-authentication.ts'
import { clientSecretJwt } from '../../src/client-authentication/client-secret-jwt.ts'
import type { PrivateKeySource } from '../../src/client-authentication/key-source.ts'
import { privateKeyJwt } from '../../src/client-authentication/private-key-jwt.ts'
import { present } from './draft.ts'
import { keys, pem } from './keys.ts'

const secret = 'x'.repeat(32)
const now = Date.UTC(2030, 0, 1)

interface Signed {
  readonly header: JWTHeaderParameters
  readonly claims: JWTPayload
  readonly form: URLSearchParams
}

async function signed(
  authentication: ClientAuthentication,
  key: Parameters<typeof jwtVerify>[1],
  fields: Partial<TokenRequestDraft> = {}
): Promise<Signed> {
  const { form, headers } = await present(authentication, fields)
  expect(headers).toEqual({})
  const { protectedHeader, payload } = await jwtVerify(form.get('client_assertion') ?? '', key as CryptoKey, {
    currentDate: new Date(now)
  })
  return { header: protectedHeader as JWTHeaderParameters, claims: payload, form }
}

test('C42 C43 C44 C45 C47 the assertion says who, to whom, until when, and what it is for', async () => {
  const { header, claims, form } = await signed(
    privateKeyJwt({ key: keys.ec.privateKey, kid: 'k1' }),
    keys.ec.publicKey
  )
  expect(header).toEqual({ alg: 'ES256', typ: 'client-authentication+jwt', kid: 'k1' })
  expect(claims).toEqual({
    iss: 'order-service',
    sub: 'order-service',
    aud: 'https://auth.internal',
    iat: now / 1000,
    exp: now / 1000 + 60,
    jti: expect.stringMatching(/^[\w-]{36}$/)
  })
  expect(form.get('client_assertion_type')).toBe('urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
  expect(form.get('client_id')).toBe('order-service')
})

test('C46 every attempt has its own jti, and its iat is of its own moment', async () => {
  const authentication = privateKeyJwt({ key: keys.ec.privateKey })
  const first = await signed(authentication, keys.ec.publicKey)
  const second = await signed(authentication, keys.ec.publicKey, { now: now + 7000 })
  expect(second.claims.jti).not.toBe(first.claims.jti)
  expect(Number(second.claims.iat) - Number(first.claims.iat)).toBe(7)
})

test('C94 C44 the token endpoint as audience makes the older form, without typ', async () => {
  const audience = 'https://auth.internal/token'
  const { header, claims } = await signed(privateKeyJwt({ key: keys.ec.privateKey, audience }), keys.ec.publicKey)
  expect(claims.aud).toBe(audience)
  expect(header.typ).toBeUndefined()
})

test('C44 another audience is the sole one, in the form of today', async () => {
  const { header, claims } = await signed(
    privateKeyJwt({ key: keys.ec.privateKey, audience: 'urn:as' }),
    keys.ec.publicKey
  )
  expect(claims.aud).toBe('urn:as')
  expect(header.typ).toBe('client-authentication+jwt')
})

test('C44 without an issuer there is no audience to name', async () => {
  const authentication = privateKeyJwt({ key: keys.ec.privateKey })
  expect(authentication.needsIssuer).toBe(true)
  await expect(present(authentication, { issuer: undefined })).rejects.toMatchObject({
    code: 'ERR_MISSING_OPTION',
    message: expect.stringContaining('issuer is missing')
  })
  expect(privateKeyJwt({ key: keys.ec.privateKey, audience: 'x' }).needsIssuer).toBe(false)
})

test.each([[['a']], [''], [7]])('C44 an audience of %j is refused', (audience) => {
  expect(() => privateKeyJwt({ key: keys.ec.privateKey, audience: audience as string })).toThrow(
    'audience must be one string'
  )
  expect(() => clientSecretJwt(secret, { audience: audience as string })).toThrow('audience must be one string')
})

test('K9 with a clock before 2025 no assertion is made', async () => {
  const late = present(privateKeyJwt({ key: keys.ec.privateKey }), { now: 0 })
  await expect(late).rejects.toMatchObject({ code: 'ERR_CLOCK_INVALID', transient: true })
})

test.each([
  ['rsa', undefined, 'RS256'],
  ['rsa', 'PS256', 'PS256'],
  ['ec', undefined, 'ES256'],
  ['ec384', undefined, 'ES384'],
  ['ed25519', undefined, 'EdDSA'],
  ['ed25519', 'Ed25519', 'Ed25519']
] as const)('C43 C48 a key of type %s with alg %s signs with %s', async (type, alg, expected) => {
  const { privateKey, publicKey } = keys[type]
  const { header } = await signed(privateKeyJwt({ key: privateKey, ...(alg && { alg }) }), publicKey)
  expect(header.alg).toBe(expected)
})

test('C48 a key may come as PEM, JWK or KeyObject, from a file or a function', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'key-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const { privateKey, publicKey } = keys.ec
  const jwk = { ...privateKey.export({ format: 'jwk' }), kid: 'own' }
  writeFileSync(join(folder, 'pem'), pem(privateKey))
  writeFileSync(join(folder, 'jwk'), JSON.stringify(jwk))
  const sec1 = privateKey.export({ type: 'sec1', format: 'pem' }).toString()
  const forms: PrivateKeySource[] = [privateKey, pem(privateKey), sec1, jwk, () => privateKey, async () => jwk]
  for (const key of [...forms, { file: join(folder, 'pem') }, { file: join(folder, 'jwk') }]) {
    const { header } = await signed(privateKeyJwt({ key }), publicKey)
    expect(header.alg).toBe('ES256')
  }
  expect((await signed(privateKeyJwt({ key: jwk }), publicKey)).header.kid).toBe('own')
  expect((await signed(privateKeyJwt({ key: jwk, kid: 'other' }), publicKey)).header.kid).toBe('other')
})

const encrypted = keys.ec.privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'pass' })

test.each<[string, unknown, string]>([
  ['X18', encrypted.toString(), 'passphrase'],
  ['X18', 'pass', 'no private key'],
  ['X18', { file: '/nowhere/key.pem' }, 'ENOENT'],
  ['C48', keys.ec.publicKey, 'a public key, not a private key'],
  ['C48', keys.ec.publicKey.export({ format: 'jwk' }), 'no private key'],
  ['C48', keys.shortRsa.privateKey, 'fewer than 2048 bits'],
  ['C48', keys.secp256k1.privateKey, 'secp256k1'],
  ['C48', keys.x25519.privateKey, 'cannot sign a JWT'],
  ['C48', undefined, 'PEM, a JWK'],
  ['C48', { kid: 'x' }, 'PEM, a JWK'],
  ['C48', 7, 'PEM, a JWK'],
  ['X7', [], 'empty list']
])('%s the key %o is refused at construction, and not shown', (_, key, reason) => {
  const refusal = refusalOf(() => privateKeyJwt({ key: key as string }))
  expect(refusal).toMatchObject({ name: 'ClientConfigurationError', message: expect.stringContaining(reason) })
  expect(inspect(refusal)).not.toContain("'pass'")
})

test.each([
  ['none', 'alg must be one of RS256,'],
  ['HS256', 'alg must be one of RS256,'],
  ['RS256', 'signs with ES256']
])('C48 the algorithm %s is refused for an EC key', (alg, reason) => {
  expect(refusalOf(() => privateKeyJwt({ key: keys.ec.privateKey, alg })).message).toContain(reason)
})

test('C48 the alg of a JWK must fit its key', () => {
  const key = { ...keys.ec.privateKey.export({ format: 'jwk' }), alg: 'RS256' }
  expect(refusalOf(() => privateKeyJwt({ key })).message).toContain('signs with ES256')
})

test('X7 a list of keys cannot have one kid', () => {
  const key = [keys.ec.privateKey, keys.rsa.privateKey]
  expect(refusalOf(() => privateKeyJwt({ key, kid: 'k1' }))).toMatchObject({ code: 'ERR_CONFLICTING_OPTIONS' })
})

test('X7 the next key of a ring is tried when the first is refused', async () => {
  const authentication = privateKeyJwt({ key: [keys.ec.privateKey, keys.rsa.privateKey] })
  const { proof } = await present(authentication)
  expect(await proof.refused()).toBe(true)
  expect((await signed(authentication, keys.rsa.publicKey)).header.alg).toBe('RS256')
})

test('X4 while a key file is half written, the last good key stays in use', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'key-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'key')
  writeFileSync(file, pem(keys.ec.privateKey))
  const authentication = privateKeyJwt({ key: { file } })
  writeFileSync(file, pem(keys.ed25519.privateKey).slice(0, 60))
  const { warnings } = await present(authentication)
  expect(warnings).toEqual(['secret_unavailable'])
  writeFileSync(file, `{"kty":"OKP","d":"${pem(keys.ed25519.privateKey)}`)
  expect((await signed(authentication, keys.ec.publicKey)).header.alg).toBe('ES256')
  writeFileSync(file, pem(keys.ed25519.privateKey))
  expect((await signed(authentication, keys.ed25519.publicKey)).header.alg).toBe('EdDSA')
})

test('C48 client_secret_jwt signs with HS256 and the bytes of the secret', async () => {
  const { header, claims } = await signed(clientSecretJwt(secret), Buffer.from(secret) as never)
  expect(header).toEqual({ alg: 'HS256', typ: 'client-authentication+jwt' })
  expect(claims.aud).toBe('https://auth.internal')
})

test('C48 a secret of fewer than 256 bits is refused', async () => {
  expect(refusalOf(() => clientSecretJwt('x'.repeat(31))).message).toContain('fewer than 32 bytes')
  const supplied = present(clientSecretJwt(() => 'x'.repeat(31)))
  await expect(supplied).rejects.toMatchObject({ code: 'ERR_SECRET_UNAVAILABLE' })
})

test('C42 an assertion in a file is presented as it is, and read again at every attempt', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'assertion-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'token')
  const authentication = assertionFile(file)
  await expect(present(authentication)).rejects.toMatchObject({ code: 'ERR_SECRET_UNAVAILABLE', transient: true })
  writeFileSync(file, 'a.b.c\n')
  const first = await present(authentication)
  expect(first.form.get('client_assertion')).toBe('a.b.c')
  expect(first.form.get('client_id')).toBe('order-service')
  expect(await first.proof.refused()).toBe(false)
  writeFileSync(file, 'a.b.')
  expect((await present(authentication)).form.get('client_assertion')).toBe('a.b.c')
  writeFileSync(file, 'd.e.f')
  expect(await authentication.changed()).toBe(true)
  expect((await present(authentication)).form.get('client_assertion')).toBe('d.e.f')
})

test('X7 a function that makes each assertion anew does not cause a repeat', async () => {
  let count = 0
  const authentication = assertion(() => `a.${++count}.c`)
  const { form, proof } = await present(authentication)
  expect(form.get('client_assertion')).toBe('a.1.c')
  expect(await proof.refused()).toBe(false)
  expect(await authentication.changed()).toBe(false)
})

test.each<[ClientAuthentication, string]>([
  [
    assertion(() => 'a.b'),
    'The assertion function returned a value that is not a signed JWT. Have it return a signed JWT'
  ],
  [assertion(() => undefined as never), 'The assertion function returned undefined. Have it return a signed JWT'],
  [privateKeyJwt({ key: () => 'pass' }), 'The key function returned a value that holds no private key. Have it return'],
  [assertionFile('/nowhere/a'), 'The assertion file cannot be read (ENOENT).']
])('Q22 %o says what is wrong with what it got', async (authentication, message) => {
  await expect(present(authentication)).rejects.toThrow(message)
})

test.each(['', 'a.b', 'a b.c.d', undefined])('C42 what a function returns is a JWT, and not %j', async (text) => {
  await expect(present(assertion(() => text as string))).rejects.toMatchObject({ code: 'ERR_SECRET_UNAVAILABLE' })
})

test('X11 no view of a method shows its key, and no error of a key file quotes it', async () => {
  const { d = '' } = keys.ec.privateKey.export({ format: 'jwk' })
  const authentication = privateKeyJwt({ key: keys.ec.privateKey })
  await present(authentication)
  expect(inspect(authentication, { showHidden: true, depth: null })).not.toContain(d)
  expect(JSON.stringify(authentication)).not.toContain(d)
})

function refusalOf(attempt: () => unknown): Error {
  try {
    attempt()
  } catch (error) {
    return error as Error
  }
  throw new Error('It was not refused.')
}
