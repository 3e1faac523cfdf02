import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose'
import { describe, expect, test } from 'vitest'
import { accessTokenHash, targetUri } from '../../src/proof/dpop-claims.ts'
import { jwkThumbprint, publicJwk } from '../../src/proof/public-jwk.ts'

describe('the thumbprint of a key', () => {
  const rsaOfRfc7638 = {
    kty: 'RSA',
    n: '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw',
    e: 'AQAB',
    alg: 'RS256',
    kid: '2011-04-29'
  }
  const ecOfRfc9449 = {
    kty: 'EC',
    x: 'l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs',
    y: '9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA',
    crv: 'P-256'
  }
  const okpOfRfc8037 = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }

  test.each([
    ['RFC 7638 §3.1', rsaOfRfc7638, 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs'],
    ['RFC 9449 §6.1', ecOfRfc9449, '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I'],
    ['RFC 8037 A.3', okpOfRfc8037, 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k']
  ])('the key of %s has the thumbprint given there', (_, jwk, thumbprint) => {
    expect(jwkThumbprint(jwk)).toBe(thumbprint)
  })

  test.each(['ES256', 'EdDSA', 'Ed25519', 'PS256'])('for a key of %s it is the one that jose finds', async (alg) => {
    const { publicKey } = await generateKeyPair(alg, { extractable: true })
    const jwk = { ...(await exportJWK(publicKey)) }
    expect(jwkThumbprint(jwk)).toBe(await calculateJwkThumbprint(jwk))
  })

  test('the private half of a key and what it is called do not change it, and are not in its public half', async () => {
    const { privateKey } = await generateKeyPair('ES256', { extractable: true })
    const { d, ...open } = await exportJWK(privateKey)
    expect(publicJwk({ ...open, d, kid: 'a', use: 'sig' })).toEqual(open)
    expect(jwkThumbprint({ ...open, d })).toBe(jwkThumbprint({ ...open }))
  })

  test.each([
    ['a shared secret', { kty: 'oct', k: 'c2VjcmV0' }],
    ['a kind that every object inherits', { kty: 'constructor' }],
    ['no kind', { x: 'a', y: 'b', crv: 'P-256' }],
    ['half of a point', { kty: 'EC', crv: 'P-256', x: 'a' }],
    ['a member that is no string', { kty: 'EC', crv: 'P-256', x: 'a', y: ['b'] }]
  ])('%s has none', (_, jwk) => {
    expect(publicJwk(jwk)).toBeUndefined()
    expect(jwkThumbprint(jwk)).toBeUndefined()
  })
})

test('the hash of a token is the one of RFC 9449 §7.1', () => {
  const token = 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU'
  expect(accessTokenHash(token)).toBe('fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo')
})

describe('the target of a request', () => {
  test.each([
    ['https://users.internal/users?page=2#end', 'https://users.internal/users'],
    ['HTTPS://Users.Internal:443/users', 'https://users.internal/users'],
    ['http://users.internal:80', 'http://users.internal/'],
    ['https://users.internal:8443/', 'https://users.internal:8443/'],
    ['https://orders:secret@users.internal/', 'https://users.internal/'],
    ['https://users.internal/a/../b/./c', 'https://users.internal/b/c'],
    ['https://users.internal/%7eorders/%2fa%c3%a4', 'https://users.internal/~orders/%2Fa%C3%A4'],
    ['https://bücher.example/ä', 'https://xn--bcher-kva.example/%C3%A4']
  ])('%s is %s', (url, target) => {
    expect(targetUri(url)).toBe(target)
    expect(targetUri(new URL(url))).toBe(target)
  })

  test.each(['', 'users.internal', '/users', 'ftp://users.internal/', 'data:,a', 'https://'])('%j is none', (url) => {
    expect(targetUri(url)).toBeUndefined()
  })
})
