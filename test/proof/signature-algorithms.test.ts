import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { CompactSign } from 'jose'
import { describe, expect, test } from 'vitest'
import {
  algorithmsOf,
  asymmetricAlgorithms,
  isFor,
  leastSecretBytes,
  signatureAlgorithm,
  symmetricAlgorithms
} from '../../src/proof/signature-algorithms.ts'
import { isSignedBy } from '../../src/proof/signature-check.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ed25519 = generateKeyPairSync('ed25519')
const pairs: Readonly<Record<string, { readonly publicKey: KeyObject; readonly privateKey: KeyObject }>> = {
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ES384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  ES512: generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  EdDSA: ed25519,
  Ed25519: ed25519
}

async function signed(key: KeyObject | Uint8Array, alg: string) {
  const jws = await new CompactSign(Buffer.from('{}')).setProtectedHeader({ alg }).sign(key)
  const [header, payload, signature = ''] = jws.split('.')
  return { input: `${header}.${payload}`, signature: Buffer.from(signature, 'base64url') }
}

describe.each(asymmetricAlgorithms)('what the table says of %s is what the platform does:', (alg) => {
  const { publicKey, privateKey } = pairs[alg] ?? rsa

  test('its signature is as long as it says, and checked as it says', async () => {
    const { input, signature } = await signed(privateKey, alg)
    expect(signature.length).toBe(signatureAlgorithm(alg)?.signatureBytes ?? 256)
    expect(isSignedBy(publicKey, alg, input, signature)).toBe(true)
    expect(isSignedBy(publicKey, alg, `${input} `, signature)).toBe(false)
  })

  test('its key is one for it, and not for one of another kind', () => {
    expect(algorithmsOf(privateKey)).toContain(alg)
    const jwk = publicKey.export({ format: 'jwk' })
    const fitting = asymmetricAlgorithms.filter((other) => isFor(jwk, other))
    expect(fitting).toEqual(algorithmsOf(publicKey))
  })
})

test.each(symmetricAlgorithms)('a secret for %s is as long as its signature', async (alg) => {
  const { signature } = await signed(new Uint8Array(leastSecretBytes(alg)), alg)
  expect(signature.length).toBe(leastSecretBytes(alg))
})

test('a key that is bound to one hash signs with that one alone', () => {
  const bound = generateKeyPairSync('rsa-pss', { modulusLength: 2048, hashAlgorithm: 'sha384' })
  expect(algorithmsOf(bound.publicKey)).toEqual(['PS384'])
  const free = generateKeyPairSync('rsa-pss', { modulusLength: 2048 })
  expect(algorithmsOf(free.publicKey)).toEqual(['PS256', 'PS384', 'PS512'])
})

test('keys of kinds that cannot sign a JWT have no algorithm', () => {
  expect(algorithmsOf(generateKeyPairSync('x25519').publicKey)).toEqual([])
  expect(algorithmsOf(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey)).toEqual([])
})

test('an inherited property is not an algorithm', () => {
  for (const name of ['constructor', '__proto__', 'toString', 'none', ''])
    expect(signatureAlgorithm(name), name).toBeUndefined()
})

test('a JWK that names its algorithm serves no other, and EdDSA is the older name of Ed25519', () => {
  const jwk = { ...rsa.publicKey.export({ format: 'jwk' }), alg: 'RS256' }
  expect(asymmetricAlgorithms.filter((alg) => isFor(jwk, alg))).toEqual(['RS256'])
  const edwards = { ...ed25519.publicKey.export({ format: 'jwk' }), alg: 'EdDSA' }
  expect(asymmetricAlgorithms.filter((alg) => isFor(edwards, alg))).toEqual(['EdDSA', 'Ed25519'])
})
