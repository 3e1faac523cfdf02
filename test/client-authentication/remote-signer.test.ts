import { generateKeyPairSync, type KeyObject, sign as signWith, webcrypto } from 'node:crypto'
import { inspect } from 'node:util'
import { type JWK, jwtVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import { privateKeyJwt } from '../../src/client-authentication/private-key-jwt.ts'
import { createTokenClient } from '../../src/index.ts'
import { manualClock } from '../../src/testing/index.ts'
import { loaded } from '../support/loaded.ts'
import { present } from './draft.ts'
import { keys } from './keys.ts'

await loaded()

const currentDate = new Date(Date.UTC(2030, 0, 1))

function raw(key: KeyObject, hash: string | null) {
  return (bytes: Uint8Array) => signWith(hash, bytes, { key, dsaEncoding: 'ieee-p1363' })
}

async function verified(authentication: Parameters<typeof present>[0], key: Parameters<typeof jwtVerify>[1]) {
  const { form } = await present(authentication)
  return jwtVerify(form.get('client_assertion') ?? '', key as KeyObject, { currentDate })
}

test.each([
  ['ES256', keys.ec, 'sha256'],
  ['ES384', keys.ec384, 'sha384'],
  ['EdDSA', keys.ed25519, null],
  ['RS256', keys.rsa, 'sha256']
] as const)(
  'an assertion of %s that a signer elsewhere has signed verifies',
  async (alg, { privateKey, publicKey }, hash) => {
    const inTime = raw(privateKey, hash)
    const later = async (bytes: Uint8Array) => inTime(bytes)
    const asWebCrypto = async (bytes: Uint8Array) => Uint8Array.from(inTime(bytes)).buffer
    for (const sign of [inTime, later, asWebCrypto]) {
      const { protectedHeader, payload } = await verified(privateKeyJwt({ alg, kid: 'k1', sign }), publicKey)
      expect(protectedHeader).toEqual({ alg, kid: 'k1', typ: 'client-authentication+jwt' })
      expect(payload).toMatchObject({ iss: 'order-service', sub: 'order-service', aud: 'https://auth.internal' })
    }
  }
)

describe('a CryptoKey that cannot be exported', () => {
  test.each([
    ['ES256', { name: 'ECDSA', namedCurve: 'P-256' }],
    ['ES512', { name: 'ECDSA', namedCurve: 'P-521' }],
    ['EdDSA', { name: 'Ed25519' }],
    ['PS256', { name: 'RSA-PSS', hash: 'SHA-256', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) }],
    [
      'RS384',
      { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-384', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) }
    ]
  ])('signs with %s', async (alg, algorithm) => {
    const pair = (await webcrypto.subtle.generateKey(algorithm, false, ['sign', 'verify'])) as webcrypto.CryptoKeyPair
    const jwk = (await webcrypto.subtle.exportKey('jwk', pair.publicKey)) as JWK
    const { protectedHeader } = await verified(privateKeyJwt({ key: pair.privateKey }), { ...jwk, alg } as never)
    expect(protectedHeader.alg).toBe(alg)
  })

  test('that may not sign, or signs otherwise than is asked, is a wrong option', async () => {
    const { publicKey, privateKey } = await webcrypto.subtle.generateKey(
      { name: 'ECDSA', namedCurve: 'P-256' },
      false,
      ['sign', 'verify']
    )
    expect(() => privateKeyJwt({ key: publicKey })).toThrow('key is a CryptoKey that signs no assertion')
    expect(() => privateKeyJwt({ key: privateKey, alg: 'PS256' })).toThrow('signs with ES256, not with the alg')
  })
})

const another = {
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: generateKeyPairSync('ed25519'),
  RS256: generateKeyPairSync('rsa', { modulusLength: 2048 })
}

test('an RSA key of fewer than 2048 bits is a wrong option, wherever it is', async () => {
  const rsa = { modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]) }
  const algorithm = { name: 'RSA-PSS', hash: 'SHA-256', ...rsa }
  const { privateKey } = await webcrypto.subtle.generateKey(algorithm, false, ['sign', 'verify'])
  expect(() => privateKeyJwt({ key: privateKey })).toThrow(/^key has an RSA key of fewer than 2048 bits/)
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const signer = { alg: 'PS256', sign: () => new Uint8Array(256), publicKey }
  expect(() => privateKeyJwt(signer)).toThrow(/^publicKey has an RSA key of fewer than 2048 bits/)
  const client = { issuer: 'https://auth.internal', clientId: 'orders', clientSecret: 'secret' }
  expect(() => createTokenClient({ ...client, dpop: { key: privateKey } })).toThrow(/^dpop.key has an RSA key/)
  expect(() => createTokenClient({ ...client, dpop: signer })).toThrow(/^dpop.publicKey has an RSA key/)
})

describe('a signer that fails', () => {
  const der = (bytes: Uint8Array) => signWith('sha256', bytes, keys.ec.privateKey)

  test.each([
    ['throws', () => Promise.reject(new Error('denied by policy')), /The sign function failed: see the cause/, true],
    ['throws a text', () => Promise.reject('marker-secret'), /The sign function failed\./, true],
    ['answers in DER', der, /returned the DER form.*raw form of 64 bytes/, false],
    [
      'answers with too few bytes',
      () => new Uint8Array(63),
      /returned 63 bytes, which is not the length of a signature by ES256/,
      false
    ],
    ['answers with a text', () => 'marker-secret' as never, /returned a string.*Uint8Array/, false],
    ['answers with too few bytes in an ArrayBuffer', () => new ArrayBuffer(63), /returned 63 bytes/, false],
    [
      'answers with a view of other kind',
      () => new DataView(new ArrayBuffer(64)) as never,
      /returned an object/,
      false
    ],
    ['answers with nothing', () => undefined as never, /returned undefined/, false]
  ])('that %s is told by name, and nothing is sent', async (_, sign, message, transient) => {
    const failure = await present(privateKeyJwt({ alg: 'ES256', sign })).catch((error) => error)
    expect(failure).toMatchObject({
      code: 'ERR_SECRET_UNAVAILABLE',
      message: expect.stringMatching(message),
      transient
    })
    expect(inspect(failure, { depth: null })).not.toContain('marker-secret')
  })

  test.each([
    ['ES256', keys.ec, 'sha256'],
    ['EdDSA', keys.ed25519, null],
    ['RS256', keys.rsa, 'sha256']
  ] as const)('that signs with another key than its public one is named for %s', async (alg, pair, hash) => {
    const sign = raw(pair.privateKey, hash)
    const jwk = pair.publicKey.export({ format: 'jwk' })
    for (const publicKey of [pair.publicKey, jwk])
      await verified(privateKeyJwt({ alg, sign, publicKey }), pair.publicKey)
    const { publicKey } = another[alg]
    await expect(present(privateKeyJwt({ alg, sign, publicKey }))).rejects.toMatchObject({
      code: 'ERR_SECRET_UNAVAILABLE',
      message: expect.stringContaining('does not fit publicKey')
    })
    const others = [keys.ec, keys.ec384, keys.ed25519, keys.rsa].filter((one) => one !== pair)
    for (const { publicKey } of others)
      expect(() => privateKeyJwt({ alg, sign, publicKey })).toThrow(/^publicKey has a key of type .* does not fit alg/)
  })

  test('that hangs is named when the time is up', async () => {
    const clock = manualClock()
    await using tokens = createTokenClient({
      issuer: 'https://auth.internal',
      tokenEndpoint: 'https://auth.internal/token',
      clientId: 'orders',
      clientAuthentication: privateKeyJwt({ alg: 'ES256', sign: () => new Promise(() => {}) }),
      timeout: 1000,
      clock
    })
    const failure = tokens.getToken().catch((error) => error)
    await clock.advance(1000)
    expect(await failure).toMatchObject({
      code: 'ERR_SECRET_UNAVAILABLE',
      message: expect.stringContaining('the sign function')
    })
  })
})

test.each([
  [{ sign: () => new Uint8Array(64) }, /alg is missing beside sign/],
  [{ sign: 'ES256', alg: 'ES256' }, /sign must be a function, but is a string/],
  [{ sign: () => new Uint8Array(64), alg: 'HS256' }, /alg must be one of RS256,/],
  [{ sign: () => new Uint8Array(64), alg: 'ES256', key: keys.ec.privateKey }, /cannot be combined with sign/],
  [{ sign: () => new Uint8Array(64), alg: 'ES256', publicKey: '' }, /publicKey holds no public key/],
  [{ key: keys.ec.privateKey, publicKey: keys.ec.publicKey }, /publicKey is given without sign/]
])('invalid options of a signer are refused: %#', (options, message) => {
  expect(() => privateKeyJwt(options as never)).toThrow(message)
})
