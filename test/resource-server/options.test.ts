import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import {
  type AccessTokenVerifierOptions,
  accessTokenVerifier,
  jwks,
  jwksUri,
  publicKey,
  requireToken,
  sharedSecret
} from '../../src/resource-server/index.ts'
import { audience, issuer, testIssuer } from './issuer.ts'

const { keys, verifier } = await testIssuer()
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const weak = generateKeyPairSync('rsa', { modulusLength: 1024 })

test.each<[string, object, string, RegExp]>([
  ['R10 no audience', { audience: undefined }, 'ERR_MISSING_OPTION', /audience is missing/],
  ['R10 an empty audience', { audience: '' }, 'ERR_INVALID_OPTION', /audience/],
  ['R10 no audience in the list', { audience: [] }, 'ERR_INVALID_OPTION', /audience/],
  ['no issuer', { issuer: undefined }, 'ERR_MISSING_OPTION', /issuer/],
  ['R45 an issuer over plain HTTP', { issuer: 'http://auth.internal' }, 'ERR_INSECURE_ORIGIN', /issuer/],
  ['an issuer that is no URL', { issuer: 'auth', keys: undefined }, 'ERR_INVALID_OPTION', /issuer/],
  ['an unknown option', { audiences: [] }, 'ERR_UNKNOWN_OPTION', /audiences/],
  [
    'R31 an unknown option of introspection',
    { introspection: { clientId: 'users', keepfor: 1 } },
    'ERR_UNKNOWN_OPTION',
    /introspection\.keepfor/
  ],
  [
    'R35 an unknown option of the certificate header',
    { forwardedCertificate: { header: 'client-cert', trustedProxy: [] } },
    'ERR_UNKNOWN_OPTION',
    /forwardedCertificate\.trustedProxy/
  ],
  ['R12 a tolerance in minutes', { clockTolerance: 300_001 }, 'ERR_INVALID_OPTION', /clockTolerance/],
  ['R12 a tolerance below zero', { clockTolerance: -1 }, 'ERR_INVALID_OPTION', /clockTolerance/],
  ['R19 no algorithm', { algorithms: [] }, 'ERR_INVALID_OPTION', /algorithms/],
  ['R20 no signature', { algorithms: ['none'] }, 'ERR_INVALID_OPTION', /algorithms/],
  ['R22 a shared secret where keys are public', { algorithms: ['HS256'] }, 'ERR_INVALID_OPTION', /algorithms/],
  ['roles by a name', { roles: ['admin'] }, 'ERR_INVALID_OPTION', /roles/],
  ['an empty claim', { clientIdClaim: '' }, 'ERR_INVALID_OPTION', /clientIdClaim/],
  ['keys over plain HTTP', { keys: jwksUri('http://auth.internal/jwks') }, 'ERR_INSECURE_ORIGIN', /jwksUri/],
  ['keys that are none', { keys: jwks({ keys: 1 } as never) }, 'ERR_INVALID_OPTION', /JWK Set/],
  [
    'R31 introspection without proof of who asks',
    { introspection: { clientId: 'users' } },
    'ERR_MISSING_OPTION',
    /clientAuthentication/
  ],
  [
    'R35 a certificate header without a proxy',
    { forwardedCertificate: { header: 'client-cert' } },
    'ERR_INVALID_OPTION',
    /trustedProxies/
  ],
  [
    'metadata over plain HTTP',
    { resourceMetadata: 'http://users.internal/x' },
    'ERR_INSECURE_ORIGIN',
    /resourceMetadata/
  ]
])('%s is refused when the verifier is made', (_what, options, code, message) => {
  const make = () =>
    accessTokenVerifier({ issuer, audience, keys: jwks(keys), ...options } as AccessTokenVerifierOptions)
  expect(make).toThrow(expect.objectContaining({ name: 'ClientConfigurationError', code }))
  expect(make).toThrow(message)
})

test.each([undefined, null, issuer])('accessTokenVerifier(%j) says what it wants', (options) => {
  const make = () => accessTokenVerifier(options as never)
  expect(make).toThrow(expect.objectContaining({ name: 'ClientConfigurationError', code: 'ERR_INVALID_OPTION' }))
  expect(make).toThrow(/^accessTokenVerifier options must be an object, .* Give .*issuer, audience/)
})

test.each<[string, () => unknown, RegExp]>([
  ['R22 a shared secret of less than 256 bits', () => sharedSecret('x'.repeat(31)), /32 bytes/],
  ['R20 an RSA key of 1024 bits', () => publicKey(weak.publicKey), /2048/],
  ['the private half of a key', () => publicKey(privateKey), /private/],
  [
    'the private half in PEM',
    () => publicKey(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()),
    /private/
  ],
  ['the private half as JWK', () => publicKey(privateKey.export({ format: 'jwk' })), /private/],
  ['a text that is no key', () => publicKey('key'), /cannot read/],
  ['R43 no rule', () => requireToken(verifier(), undefined as never), /needs a rule/]
])('%s is refused where it is given', (_what, make, message) => {
  expect(make).toThrow(message)
})
