import { createSecretKey, generateKeyPairSync } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import {
  allowInsecureHttp,
  assertion,
  assertionFile,
  ClientConfigurationError,
  clientSecretBasic,
  clientSecretJwt,
  clientSecretPost,
  createTokenClient,
  type PrivateKeyJwtOptions,
  privateKeyJwt,
  selfSignedTlsClientAuth,
  type TokenClientOptions,
  tlsClientAuth
} from '../../src/index.ts'
import { selfSigned } from '../http/certificate.ts'

const marker = 'marker-5d1e'
const verb = async () => undefined
const store = { read: verb, write: verb, remove: verb, lease: verb, release: verb }
const sealingKey = Buffer.alloc(32, 7).toString('base64')
const good = { issuer: 'https://auth.internal', clientId: 'orders', clientSecret: marker }
const proving = { issuer: 'https://auth.internal', clientId: 'orders' }
const assertionBySecret = clientSecretJwt(marker.repeat(4))
const byCertificate = { ...assertionBySecret, mutualTls: { ca: undefined } }
const identity = selfSigned()
const ecKeys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const byKey = (options: Partial<PrivateKeyJwtOptions>) =>
  privateKeyJwt({ key: rsa, ...options } as PrivateKeyJwtOptions)
const fapi = { ...proving, profile: 'fapi2', dpop: true, clientAuthentication: byKey({}) }

type Row = readonly [given: unknown, code: string, names: string]

const wrongOptions: readonly Row[] = [
  [undefined, 'ERR_INVALID_OPTION', 'createTokenClient options'],
  [null, 'ERR_INVALID_OPTION', 'createTokenClient options'],
  ['https://auth.internal', 'ERR_INVALID_OPTION', 'createTokenClient options'],
  [[], 'ERR_INVALID_OPTION', 'createTokenClient options'],
  [{ ...good, scopes: ['read'] }, 'ERR_UNKNOWN_OPTION', 'options.scopes'],
  [{ ...good, store: {} }, 'ERR_INVALID_OPTION', 'store'],
  [{ ...good, store: null }, 'ERR_INVALID_OPTION', 'store'],
  [{ ...good, store }, 'ERR_MISSING_OPTION', 'sealingKey'],
  [{ ...good, store, sealingKey: '' }, 'ERR_INVALID_OPTION', 'sealingKey'],
  [{ ...good, store, sealingKey: marker }, 'ERR_INVALID_OPTION', 'sealingKey'],
  [{ ...good, store, sealingKey: sealingKey.slice(0, 40) }, 'ERR_INVALID_OPTION', 'sealingKey'],
  [{ ...good, store, sealingKey: `${sealingKey}!` }, 'ERR_INVALID_OPTION', 'sealingKey'],
  [{ ...good, store, sealingKey: [] }, 'ERR_INVALID_OPTION', 'sealingKey'],
  [{ ...good, store, sealingKey: [sealingKey, marker] }, 'ERR_INVALID_OPTION', 'sealingKey'],
  [{ ...good, store, sealingKey: 'clientSecret' }, 'ERR_INVALID_OPTION', 'sealingKey'],
  [{ ...good, clientSecret: marker.repeat(4), store, sealingKey: 'clientSecret' }, 'ERR_INVALID_OPTION', 'sealingKey'],
  [{ ...good, store, sealingKey, shards: 0 }, 'ERR_INVALID_OPTION', 'shards'],
  [{ ...good, store, sealingKey, shards: 1.5 }, 'ERR_INVALID_OPTION', 'shards'],
  [{ ...good, store, sealingKey, shards: 1025 }, 'ERR_INVALID_OPTION', 'shards'],
  [{ ...good, store, sealingKey, reader: 'yes' }, 'ERR_INVALID_OPTION', 'reader'],
  [{ ...good, store, sealingKey, reader: true }, 'ERR_CONFLICTING_OPTIONS', 'clientSecret'],
  [{ ...good, sealingKey }, 'ERR_MISSING_OPTION', 'sealingKey'],
  [{ ...good, shards: 2 }, 'ERR_MISSING_OPTION', 'shards'],
  [{ ...good, clientSecret: undefined, reader: true }, 'ERR_MISSING_OPTION', 'reader'],
  [{ ...good, dpop: false }, 'ERR_INVALID_OPTION', 'dpop'],
  [{ ...good, dpop: 'ES256' }, 'ERR_INVALID_OPTION', 'dpop'],
  [{ ...good, dpop: { algorithm: 'ES256' } }, 'ERR_UNKNOWN_OPTION', 'dpop.algorithm'],
  [{ ...good, dpop: { alg: 'HS256' } }, 'ERR_INVALID_OPTION', 'dpop.alg'],
  [{ ...good, dpop: { alg: 'none' } }, 'ERR_INVALID_OPTION', 'dpop.alg'],
  [{ ...good, dpop: { key: marker } }, 'ERR_INVALID_OPTION', 'dpop.key'],
  [{ ...good, dpop: { key: null } }, 'ERR_INVALID_OPTION', 'dpop.key'],
  [{ ...good, dpop: { key: { file: '/nowhere' } } }, 'ERR_INVALID_OPTION', 'The file'],
  [{ ...good, dpop: { key: createSecretKey(Buffer.from(marker)) } }, 'ERR_INVALID_OPTION', 'dpop.key'],
  [{ ...good, dpop: { key: ecKeys.privateKey, alg: 'EdDSA' } }, 'ERR_INVALID_OPTION', 'dpop.key'],
  [{ ...good, dpop: { key: ecKeys.publicKey } }, 'ERR_INVALID_OPTION', 'dpop.key'],
  [{ ...good, dpop: { key: ecKeys.privateKey, publicKey: ecKeys.publicKey } }, 'ERR_INVALID_OPTION', 'dpop.publicKey'],
  [{ ...good, dpop: { sign: 'sign', alg: 'ES256' } }, 'ERR_INVALID_OPTION', 'dpop.sign'],
  [{ ...good, dpop: { sign: verb, publicKey: ecKeys.publicKey } }, 'ERR_MISSING_OPTION', 'dpop.alg'],
  [{ ...good, dpop: { sign: verb, alg: 'ES256' } }, 'ERR_MISSING_OPTION', 'dpop.publicKey'],
  [{ ...good, dpop: { sign: verb, alg: 'ES256', publicKey: marker } }, 'ERR_INVALID_OPTION', 'dpop.publicKey'],
  [{ ...good, dpop: { sign: verb, key: ecKeys.privateKey, alg: 'ES256' } }, 'ERR_CONFLICTING_OPTIONS', 'dpop.key'],
  [{ ...good, allowBearer: true }, 'ERR_MISSING_OPTION', 'allowBearer'],
  [{ ...good, profile: 'fapi1' }, 'ERR_INVALID_OPTION', 'profile'],
  [{ ...good, profile: 'fapi2', dpop: true }, 'ERR_CONFLICTING_OPTIONS', 'clientSecret'],
  [{ ...fapi, clientAuthentication: clientSecretBasic(marker) }, 'ERR_CONFLICTING_OPTIONS', 'clientAuthentication'],
  [{ ...fapi, clientAuthentication: assertionBySecret }, 'ERR_CONFLICTING_OPTIONS', 'clientAuthentication'],
  [{ ...fapi, clientAuthentication: assertion(() => marker) }, 'ERR_CONFLICTING_OPTIONS', 'clientAuthentication'],
  [{ ...fapi, clientAuthentication: byKey({ alg: 'RS256' }) }, 'ERR_INVALID_OPTION', 'alg'],
  [{ ...fapi, clientAuthentication: byKey({ alg: 'PS384' }) }, 'ERR_INVALID_OPTION', 'alg'],
  [{ ...fapi, clientAuthentication: byKey({ key: p384 }) }, 'ERR_INVALID_OPTION', 'key'],
  [{ ...fapi, clientAuthentication: byKey({ audience: 'https://other' }) }, 'ERR_CONFLICTING_OPTIONS', 'audience'],
  [{ ...fapi, dpop: undefined }, 'ERR_MISSING_OPTION', 'dpop'],
  [{ ...fapi, dpop: { alg: 'ES384' } }, 'ERR_INVALID_OPTION', 'dpop.alg'],
  [{ ...fapi, dpop: { key: p384 } }, 'ERR_INVALID_OPTION', 'dpop.key'],
  [{ ...fapi, allowBearer: true }, 'ERR_CONFLICTING_OPTIONS', 'allowBearer'],
  [{ ...fapi, [allowInsecureHttp]: true }, 'ERR_CONFLICTING_OPTIONS', '[allowInsecureHttp]'],
  [{ ...fapi, connect: { minVersion: 'TLSv1.1' } }, 'ERR_CONFLICTING_OPTIONS', 'connect.minVersion'],
  [{ ...fapi, connect: { ciphers: 'AES128-SHA' } }, 'ERR_CONFLICTING_OPTIONS', 'connect.ciphers'],
  [{ ...good, dpop: true, allowBearer: 'yes' }, 'ERR_INVALID_OPTION', 'allowBearer'],
  [{ ...proving, dpop: true, store, sealingKey, reader: true }, 'ERR_CONFLICTING_OPTIONS', 'dpop'],
  [{ ...good, allowInsecureHttp: true }, 'ERR_UNKNOWN_OPTION', 'options.allowInsecureHttp'],
  [{ ...good, issuer: undefined }, 'ERR_MISSING_OPTION', 'issuer'],
  [{ ...good, issuer: '' }, 'ERR_INVALID_OPTION', 'issuer'],
  [{ ...good, issuer: 7 }, 'ERR_INVALID_OPTION', 'issuer'],
  [{ ...good, issuer: 'auth.internal' }, 'ERR_INVALID_OPTION', 'issuer'],
  [{ ...good, issuer: 'ftp://auth.internal' }, 'ERR_INVALID_OPTION', 'issuer'],
  [{ ...good, issuer: 'http://auth.internal' }, 'ERR_INSECURE_ORIGIN', 'issuer'],
  [{ ...good, issuer: 'http://localhost.evil.com' }, 'ERR_INSECURE_ORIGIN', 'issuer'],
  [{ ...good, issuer: 'http://0.0.0.0:8080' }, 'ERR_INSECURE_ORIGIN', 'issuer'],
  [{ ...good, issuer: 'http://[::ffff:127.0.0.1]' }, 'ERR_INSECURE_ORIGIN', 'issuer'],
  [{ ...good, issuer: `https://user:${marker}@auth.internal` }, 'ERR_INVALID_OPTION', 'issuer'],
  [{ ...good, issuer: 'https://auth.internal?tenant=1' }, 'ERR_INVALID_OPTION', 'issuer'],
  [{ ...good, issuer: 'https://auth.internal#top' }, 'ERR_INVALID_OPTION', 'issuer'],
  [{ ...good, tokenEndpoint: 'https://auth.internal/token#top' }, 'ERR_INVALID_OPTION', 'tokenEndpoint'],
  [{ ...good, tokenEndpoint: 'http://auth.internal/token' }, 'ERR_INSECURE_ORIGIN', 'tokenEndpoint'],
  [{ ...good, tokenEndpoint: `https://u:${marker}@auth.internal/t` }, 'ERR_INVALID_OPTION', 'tokenEndpoint'],
  [{ ...good, tokenEndpoint: '/oauth2/token' }, 'ERR_INVALID_OPTION', 'tokenEndpoint'],
  [{ ...good, metadata: 7 }, 'ERR_INVALID_OPTION', 'metadata'],
  [{ ...good, metadata: [] }, 'ERR_INVALID_OPTION', 'metadata'],
  [{ ...good, metadata: '/metadata' }, 'ERR_INVALID_OPTION', 'metadata'],
  [{ ...good, metadata: 'http://auth.internal/m' }, 'ERR_INSECURE_ORIGIN', 'metadata'],
  [{ ...good, metadata: 'https://auth.internal/m#top' }, 'ERR_INVALID_OPTION', 'metadata'],
  [{ ...good, metadata: {} }, 'ERR_INVALID_OPTION', 'metadata'],
  [{ ...good, metadata: { issuer: `https://${marker.length}` } }, 'ERR_INVALID_OPTION', 'metadata'],
  [{ ...good, metadata: { issuer: good.issuer } }, 'ERR_INVALID_OPTION', 'metadata'],
  [
    { ...good, metadata: { issuer: good.issuer, token_endpoint: 'http://127.0.0.1/t' } },
    'ERR_INVALID_OPTION',
    'metadata'
  ],
  [{ ...good, tokenEndpoint: good.issuer, metadata: {} }, 'ERR_CONFLICTING_OPTIONS', 'metadata'],
  [{ ...good, issuer: undefined, metadata: {} }, 'ERR_MISSING_OPTION', 'issuer'],
  [{ ...good, tokenTypes: 'BearerToken' }, 'ERR_INVALID_OPTION', 'tokenTypes'],
  [{ ...good, tokenTypes: [''] }, 'ERR_INVALID_OPTION', 'tokenTypes'],
  [{ ...good, tokenTypes: [7] }, 'ERR_INVALID_OPTION', 'tokenTypes'],
  [{ ...good, tokenTypes: ['DPoP'] }, 'ERR_INVALID_OPTION', 'tokenTypes'],
  [{ ...good, tokenTypes: ['PoP'] }, 'ERR_INVALID_OPTION', 'tokenTypes'],
  [{ ...good, tokenTypes: ['dpop'], dpop: true }, 'ERR_INVALID_OPTION', 'tokenTypes'],
  [{ ...good, headers: 'x: y' }, 'ERR_INVALID_OPTION', 'headers'],
  [{ ...good, headers: [['x', marker]] }, 'ERR_INVALID_OPTION', 'headers'],
  [{ ...good, headers: new Headers({ 'x-key': marker }) }, 'ERR_INVALID_OPTION', 'headers'],
  [{ ...good, headers: { 'x-key': undefined } }, 'ERR_INVALID_OPTION', 'headers has a field "x-key"'],
  [{ ...good, headers: { 'x-key': true } }, 'ERR_INVALID_OPTION', 'headers has a field "x-key"'],
  [{ ...good, headers: { 'x-key': `${marker}\r\nx: y` } }, 'ERR_INVALID_OPTION', 'headers has a field "x-key"'],
  [{ ...good, headers: { 'x-key': '' } }, 'ERR_INVALID_OPTION', 'headers has a field "x-key"'],
  [{ ...good, headers: { 'x-key': 'é' } }, 'ERR_INVALID_OPTION', 'headers has a field "x-key"'],
  [{ ...good, headers: { 'x key': marker } }, 'ERR_INVALID_OPTION', 'headers has a field "x key"'],
  [{ ...good, headers: { 'X-Key': marker, 'x-key': marker } }, 'ERR_INVALID_OPTION', 'headers has a field "x-key"'],
  ...[
    'Authorization',
    'HOST',
    'Content-Type',
    'content-length',
    'content-encoding',
    'DPoP',
    'Proxy-Authorization',
    'transfer-encoding',
    'connection',
    'expect',
    'accept-encoding'
  ].map(
    (name): Row => [
      { ...good, headers: { [name]: marker } },
      'ERR_INVALID_OPTION',
      `headers has a field "${name.toLowerCase()}"`
    ]
  ),
  [{ ...good, clientId: undefined }, 'ERR_MISSING_OPTION', 'clientId'],
  [{ ...good, clientId: '' }, 'ERR_INVALID_OPTION', 'clientId'],
  [{ ...good, clientId: 42 }, 'ERR_INVALID_OPTION', 'clientId'],
  [{ ...good, clientId: 'orders\n' }, 'ERR_INVALID_OPTION', 'clientId'],
  [{ ...good, issuer: ' https://auth.internal' }, 'ERR_INVALID_OPTION', 'issuer'],
  [{ ...good, issuer: 'https://auth.internal\n' }, 'ERR_INVALID_OPTION', 'issuer'],
  [{ ...good, tokenEndpoint: 'https://auth.internal/to ken' }, 'ERR_INVALID_OPTION', 'tokenEndpoint'],
  [{ ...good, clientSecret: undefined }, 'ERR_MISSING_OPTION', 'clientSecret'],
  [{ ...good, clientSecret: '' }, 'ERR_INVALID_OPTION', 'clientSecret'],
  [{ ...good, clientSecret: '   ' }, 'ERR_INVALID_OPTION', 'clientSecret'],
  [{ ...good, clientSecret: 42 }, 'ERR_INVALID_OPTION', 'clientSecret'],
  [{ ...good, clientSecret: {} }, 'ERR_INVALID_OPTION', 'clientSecret'],
  [{ ...good, clientSecret: [] }, 'ERR_INVALID_OPTION', 'clientSecret'],
  [{ ...good, clientSecret: [marker, ''] }, 'ERR_INVALID_OPTION', 'clientSecret'],
  [{ ...good, clientSecret: { file: '/nowhere/secret' } }, 'ERR_INVALID_OPTION', 'The file of clientSecret'],
  [{ ...good, clientSecret: { env: 'NO_SUCH_NAME' } }, 'ERR_INVALID_OPTION', 'clientSecret.env'],
  [{ ...good, clientSecret: { file: undefined } }, 'ERR_MISSING_OPTION', 'clientSecret.file'],
  [{ ...good, clientSecret: { file: 7 } }, 'ERR_INVALID_OPTION', 'clientSecret.file'],
  [{ ...good, clientSecret: { file: '/s', encoding: 'utf8' } }, 'ERR_UNKNOWN_OPTION', 'clientSecret.encoding'],
  [{ ...good, clientSecret: { file: '/s', env: 'HOME' } }, 'ERR_CONFLICTING_OPTIONS', 'clientSecret.env'],
  [{ ...good, clientSecret: { file: '/s', remove: true } }, 'ERR_CONFLICTING_OPTIONS', 'clientSecret.remove'],
  [{ ...good, clientSecret: { env: '' } }, 'ERR_INVALID_OPTION', 'clientSecret.env'],
  [{ ...good, clientSecret: { env: 'HOME', remov: true } }, 'ERR_UNKNOWN_OPTION', 'clientSecret.remov'],
  [{ ...good, clientSecret: { env: 'HOME', remove: 'false' } }, 'ERR_INVALID_OPTION', 'clientSecret.remove'],
  [{ ...good, clientSecret: [{ env: 'HOME', remov: true }] }, 'ERR_UNKNOWN_OPTION', 'clientSecret.remov'],
  [{ ...good, clientAuthentication: { method: 'x', authenticate() {} } }, 'ERR_CONFLICTING_OPTIONS', 'clientSecret'],
  [{ ...proving, clientAuthentication: 'basic' }, 'ERR_INVALID_OPTION', 'clientAuthentication'],
  [{ ...proving, clientAuthentication: 'none' }, 'ERR_INVALID_OPTION', 'clientAuthentication'],
  [{ ...proving, clientAuthentication: { method: 'none' } }, 'ERR_INVALID_OPTION', 'clientAuthentication'],
  [
    { ...proving, clientAuthentication: { method: 'x', authenticate() {} } },
    'ERR_INVALID_OPTION',
    'clientAuthentication'
  ],
  [
    { ...proving, clientAuthentication: assertionBySecret, issuer: undefined, tokenEndpoint: good.issuer },
    'ERR_MISSING_OPTION',
    'issuer'
  ],
  [{ ...proving, clientAuthentication: byCertificate, fetch }, 'ERR_CONFLICTING_OPTIONS', 'fetch'],
  [
    { ...proving, clientAuthentication: byCertificate, connect: { secureContext: createSecureContext() } },
    'ERR_CONFLICTING_OPTIONS',
    'connect.secureContext'
  ],
  [{ ...proving, clientAuthentication: byCertificate, connect: identity }, 'ERR_CONFLICTING_OPTIONS', 'connect.cert'],
  [
    { ...proving, clientAuthentication: { ...byCertificate, mutualTls: { ca: '…' } }, connect: { ca: identity.cert } },
    'ERR_CONFLICTING_OPTIONS',
    'connect.ca'
  ],
  [
    { ...proving, clientAuthentication: byCertificate, dispatcher: { dispatch() {} } },
    'ERR_CONFLICTING_OPTIONS',
    'dispatcher'
  ],
  [{ ...good, scope: 7 }, 'ERR_INVALID_OPTION', 'options.scope'],
  [{ ...good, scope: ['read write'] }, 'ERR_INVALID_OPTION', 'options.scope'],
  [{ ...good, scope: ['re"ad'] }, 'ERR_INVALID_OPTION', 'options.scope'],
  [{ ...good, scope: 'réad' }, 'ERR_INVALID_OPTION', 'options.scope'],
  [{ ...good, scope: [''] }, 'ERR_INVALID_OPTION', 'options.scope'],
  [{ ...good, scope: [null] }, 'ERR_INVALID_OPTION', 'options.scope'],
  [{ ...good, audience: '' }, 'ERR_INVALID_OPTION', 'options.audience'],
  [{ ...good, audience: ['a'] }, 'ERR_INVALID_OPTION', 'options.audience'],
  [{ ...good, resource: 'users' }, 'ERR_INVALID_OPTION', 'options.resource'],
  [{ ...good, resource: 'https://users.internal#a' }, 'ERR_INVALID_OPTION', 'options.resource'],
  [{ ...good, resource: [7] }, 'ERR_INVALID_OPTION', 'options.resource'],
  [{ ...good, parameters: new Map([['tenant', 'a']]) }, 'ERR_INVALID_OPTION', 'options.parameters'],
  [{ ...good, connect: new Map([['ca', 'a']]) }, 'ERR_INVALID_OPTION', 'connect'],
  [{ ...good, parameters: new URLSearchParams('tenant=a') }, 'ERR_INVALID_OPTION', 'options.parameters'],
  [{ ...good, parameters: 'a=b' }, 'ERR_INVALID_OPTION', 'options.parameters'],
  [{ ...good, parameters: { tenant: 7 } }, 'ERR_INVALID_OPTION', 'options.parameters.tenant'],
  [{ ...good, parameters: { tenant: '' } }, 'ERR_INVALID_OPTION', 'options.parameters.tenant'],
  [{ ...good, parameters: { client_secret: marker } }, 'ERR_INVALID_OPTION', 'options.parameters.client_secret'],
  [{ ...good, parameters: { client_assertion: marker } }, 'ERR_INVALID_OPTION', 'options.parameters.client_assertion'],
  [{ ...good, parameters: { grant_type: 'password' } }, 'ERR_INVALID_OPTION', 'options.parameters.grant_type'],
  [{ ...good, parameters: { scope: 'read' } }, 'ERR_INVALID_OPTION', 'options.parameters.scope'],
  [{ ...good, refresh: 1.5 }, 'ERR_INVALID_OPTION', 'refresh'],
  [{ ...good, refresh: Number.NaN }, 'ERR_INVALID_OPTION', 'refresh'],
  [{ ...good, refresh: '80%' }, 'ERR_INVALID_OPTION', 'refresh'],
  [{ ...good, refresh: {} }, 'ERR_INVALID_OPTION', 'refresh.surviveOutage'],
  [{ ...good, refresh: { surviveOutage: -1 } }, 'ERR_INVALID_OPTION', 'refresh.surviveOutage'],
  [{ ...good, refresh: { surviveOutages: 1 } }, 'ERR_UNKNOWN_OPTION', 'refresh.surviveOutages'],
  [{ ...good, defaultLifetime: 0 }, 'ERR_INVALID_OPTION', 'defaultLifetime'],
  [{ ...good, defaultLifetime: '300' }, 'ERR_INVALID_OPTION', 'defaultLifetime'],
  [{ ...good, maxWaiting: 0 }, 'ERR_INVALID_OPTION', 'maxWaiting'],
  [{ ...good, maxWaiting: 1.5 }, 'ERR_INVALID_OPTION', 'maxWaiting'],
  [{ ...good, maxWaiting: '10' }, 'ERR_INVALID_OPTION', 'maxWaiting'],
  [{ ...good, timeout: 0 }, 'ERR_INVALID_OPTION', 'timeout'],
  [{ ...good, timeout: Number.POSITIVE_INFINITY }, 'ERR_INVALID_OPTION', 'timeout'],
  [{ ...good, timeout: 12.5 }, 'ERR_INVALID_OPTION', 'timeout'],
  [{ ...good, dispatcher: {} }, 'ERR_INVALID_OPTION', 'dispatcher'],
  [{ ...good, dispatcher: null }, 'ERR_INVALID_OPTION', 'dispatcher'],
  [{ ...good, fetch: 'fetch' }, 'ERR_INVALID_OPTION', 'fetch'],
  [{ ...good, fetch, dispatcher: { dispatch() {} } }, 'ERR_CONFLICTING_OPTIONS', 'dispatcher'],
  [{ ...good, connect: marker }, 'ERR_INVALID_OPTION', 'connect'],
  [{ ...good, connect: { rejectUnauthorized: false } }, 'ERR_UNKNOWN_OPTION', 'connect.rejectUnauthorized'],
  [{ ...good, proxy: 'http://proxy.internal:3128' }, 'ERR_INVALID_OPTION', 'proxy'],
  [{ ...good, proxy: 'environment', fetch }, 'ERR_CONFLICTING_OPTIONS', 'fetch'],
  [{ ...good, connect: {}, fetch }, 'ERR_CONFLICTING_OPTIONS', 'fetch'],
  [{ ...good, connect: {}, dispatcher: { dispatch() {} } }, 'ERR_CONFLICTING_OPTIONS', 'dispatcher'],
  [{ ...good, clock: Date }, 'ERR_INVALID_OPTION', 'clock']
]

const certified = { tlsClientAuth, selfSignedTlsClientAuth }
const bySecret = { clientSecretBasic, clientSecretPost, clientSecretJwt }
const methods = { ...bySecret, ...certified, privateKeyJwt, assertion, assertionFile }

const wrongMethods: readonly (readonly [name: keyof typeof methods, unknown[], code: string, names: string])[] = [
  ['clientSecretBasic', [], 'ERR_MISSING_OPTION', 'clientSecret'],
  ['clientSecretBasic', [marker, null], 'ERR_INVALID_OPTION', 'clientSecretBasic options'],
  ['clientSecretBasic', [marker, 'raw'], 'ERR_INVALID_OPTION', 'clientSecretBasic options'],
  ['clientSecretBasic', [marker, { encodng: 'raw' }], 'ERR_UNKNOWN_OPTION', 'clientSecretBasic options.encodng'],
  ['clientSecretBasic', [marker, { encoding: 'base64' }], 'ERR_INVALID_OPTION', 'encoding'],
  ['clientSecretBasic', [marker, { clientIdInForm: 'yes' }], 'ERR_INVALID_OPTION', 'clientIdInForm'],
  ['clientSecretPost', [], 'ERR_MISSING_OPTION', 'clientSecret'],
  ['clientSecretPost', [Buffer.from(marker)], 'ERR_INVALID_OPTION', 'clientSecret'],
  ['clientSecretJwt', [marker.repeat(4), null], 'ERR_INVALID_OPTION', 'clientSecretJwt options'],
  ['clientSecretJwt', [marker.repeat(4), { aud: 'x' }], 'ERR_UNKNOWN_OPTION', 'clientSecretJwt options.aud'],
  ['privateKeyJwt', [], 'ERR_INVALID_OPTION', 'privateKeyJwt options'],
  ['privateKeyJwt', [marker], 'ERR_INVALID_OPTION', 'privateKeyJwt options'],
  ['privateKeyJwt', [{}], 'ERR_MISSING_OPTION', 'key'],
  ['privateKeyJwt', [{ key: marker, audence: 'x' }], 'ERR_UNKNOWN_OPTION', 'privateKeyJwt options.audence'],
  ['privateKeyJwt', [{ key: marker, algo: 'RS256' }], 'ERR_UNKNOWN_OPTION', 'privateKeyJwt options.algo'],
  ['privateKeyJwt', [{ key: marker, kid: 7 }], 'ERR_INVALID_OPTION', 'kid'],
  ['privateKeyJwt', [{ key: { file: 7 } }], 'ERR_INVALID_OPTION', 'key.file'],
  ['privateKeyJwt', [{ key: { file: '/k', passphrase: marker } }], 'ERR_UNKNOWN_OPTION', 'key.passphrase'],
  ['privateKeyJwt', [{ key: { file: '/k', certFile: '/c' } }], 'ERR_CONFLICTING_OPTIONS', 'key.certFile'],
  ['privateKeyJwt', [{ key: { keyFile: '/k', file: '/k' } }], 'ERR_CONFLICTING_OPTIONS', 'key.file'],
  ['privateKeyJwt', [{ key: { keyFile: '/k' } }], 'ERR_MISSING_OPTION', 'key.certFile'],
  ['privateKeyJwt', [{ key: { keyFile: '/k', cert: '/c' } }], 'ERR_UNKNOWN_OPTION', 'key.cert'],
  ['tlsClientAuth', [], 'ERR_INVALID_OPTION', 'tlsClientAuth options'],
  ['tlsClientAuth', [{}], 'ERR_MISSING_OPTION', 'The client certificate'],
  ['tlsClientAuth', [{ certFile: '/c' }], 'ERR_MISSING_OPTION', 'tlsClientAuth options.keyFile'],
  ['tlsClientAuth', [{ cert: marker, keyFile: '/k' }], 'ERR_CONFLICTING_OPTIONS', 'tlsClientAuth options.keyFile'],
  ['selfSignedTlsClientAuth', [null], 'ERR_INVALID_OPTION', 'selfSignedTlsClientAuth options'],
  ['selfSignedTlsClientAuth', [{ pfx: marker }], 'ERR_UNKNOWN_OPTION', 'selfSignedTlsClientAuth options.pfx'],
  ['assertion', [], 'ERR_INVALID_OPTION', 'assertion supplier'],
  ['assertion', [`${marker}.b.c`], 'ERR_INVALID_OPTION', 'assertion supplier'],
  ['assertionFile', [], 'ERR_MISSING_OPTION', 'assertionFile path'],
  ['assertionFile', [''], 'ERR_INVALID_OPTION', 'assertionFile path'],
  ['assertionFile', [{ file: '/a' }], 'ERR_INVALID_OPTION', 'assertionFile path']
]

const origins = ['https://users.internal']
const wrongPolicies: readonly Row[] = [
  [undefined, 'ERR_INVALID_OPTION', 'policy'],
  [{}, 'ERR_MISSING_OPTION', 'policy.origins'],
  [{ origins: [] }, 'ERR_INVALID_OPTION', 'policy.origins'],
  [{ origins: 'https://users.internal' }, 'ERR_INVALID_OPTION', 'policy.origins'],
  [{ origins: ['users.internal'] }, 'ERR_INVALID_OPTION', 'policy.origins[0]'],
  [{ origins: ['https://*.internal'] }, 'ERR_INVALID_OPTION', 'policy.origins[0]'],
  [{ origins: [...origins, 'https://orders.internal/admin'] }, 'ERR_INVALID_OPTION', 'policy.origins[1]'],
  [{ origins: ['https://users.internal?a=b'] }, 'ERR_INVALID_OPTION', 'policy.origins[0]'],
  [{ origins: [`https://user:${marker}@users.internal`] }, 'ERR_INVALID_OPTION', 'policy.origins[0]'],
  [{ origins: ['http://users.internal'] }, 'ERR_INSECURE_ORIGIN', 'policy.origins[0]'],
  [{ origins: ['http://127.0.0.1.nip.io'] }, 'ERR_INSECURE_ORIGIN', 'policy.origins[0]'],
  [{ origins, audiences: 'a' }, 'ERR_UNKNOWN_OPTION', 'policy.audiences'],
  [{ origins, scope: ['a b'] }, 'ERR_INVALID_OPTION', 'policy.scope'],
  [{ origins, maxWait: -1 }, 'ERR_INVALID_OPTION', 'policy.maxWait'],
  [{ origins, header: '' }, 'ERR_INVALID_OPTION', 'policy.header'],
  [{ origins, header: 7 }, 'ERR_INVALID_OPTION', 'policy.header'],
  [{ origins, header: 'x token' }, 'ERR_INVALID_OPTION', 'policy.header'],
  [{ origins, header: 'x-token\r\nhost' }, 'ERR_INVALID_OPTION', 'policy.header'],
  [{ origins, header: 'Host' }, 'ERR_INVALID_OPTION', 'policy.header'],
  [{ origins, header: 'DPoP' }, 'ERR_INVALID_OPTION', 'policy.header'],
  [{ origins, scheme: 7 }, 'ERR_INVALID_OPTION', 'policy.scheme'],
  [{ origins, scheme: 'Two words' }, 'ERR_INVALID_OPTION', 'policy.scheme'],
  [{ origins, rejectedWhen: 403 }, 'ERR_INVALID_OPTION', 'policy.rejectedWhen'],
  [{ origins, routes: {} }, 'ERR_CONFLICTING_OPTIONS', 'policy.routes'],
  [{ routes: {} }, 'ERR_INVALID_OPTION', 'policy.routes'],
  [{ routes: ['https://users.internal'] }, 'ERR_INVALID_OPTION', 'policy.routes'],
  [{ routes: { 'https://users.internal': {} }, scope: 'read' }, 'ERR_CONFLICTING_OPTIONS', 'policy.scope'],
  [{ routes: { 'users.internal': {} } }, 'ERR_INVALID_OPTION', 'policy.routes[0]'],
  [{ routes: { 'https://*.internal/': {} } }, 'ERR_INVALID_OPTION', 'policy.routes[0]'],
  [{ routes: { 'https://users.internal/?a=b': {} } }, 'ERR_INVALID_OPTION', 'policy.routes[0]'],
  [{ routes: { [`https://user:${marker}@users.internal`]: {} } }, 'ERR_INVALID_OPTION', 'policy.routes[0]'],
  [{ routes: { 'http://users.internal/': {} } }, 'ERR_INSECURE_ORIGIN', 'policy.routes[0]'],
  [{ routes: { 'https://a': {}, 'https://A/': {} } }, 'ERR_CONFLICTING_OPTIONS', "policy.routes['https://a/']"],
  [
    { routes: { 'https://a/%61': {}, 'https://a/b/../a': {} } },
    'ERR_CONFLICTING_OPTIONS',
    "policy.routes['https://a/a']"
  ],
  [{ routes: { 'https://a': 'read' } }, 'ERR_INVALID_OPTION', "policy.routes['https://a/']"],
  [{ routes: { 'https://a': { scopes: [] } } }, 'ERR_UNKNOWN_OPTION', "policy.routes['https://a/'].scopes"],
  [{ routes: { 'https://a': { scope: ['a b'] } } }, 'ERR_INVALID_OPTION', "policy.routes['https://a/'].scope"],
  [{ routes: { 'https://a': { maxWait: 1.5 } } }, 'ERR_INVALID_OPTION', "policy.routes['https://a/'].maxWait"],
  [{ routes: { 'https://a': { header: 'te' } } }, 'ERR_INVALID_OPTION', "policy.routes['https://a/'].header"],
  [{ routes: { 'https://a': {} }, header: 'x' }, 'ERR_CONFLICTING_OPTIONS', 'policy.header']
]

const wrongAsking: readonly Row[] = [
  ['read', 'ERR_INVALID_OPTION', 'getToken'],
  [{ scopes: [] }, 'ERR_UNKNOWN_OPTION', 'getToken.scopes'],
  [{ scope: ['a b'] }, 'ERR_INVALID_OPTION', 'getToken.scope'],
  [{ maxWait: '1s' }, 'ERR_INVALID_OPTION', 'getToken.maxWait'],
  [{ signal: {} }, 'ERR_INVALID_OPTION', 'getToken.signal'],
  [{ parameters: { client_id: 'x' } }, 'ERR_INVALID_OPTION', 'getToken.parameters.client_id']
]

/** Names the option, ends with what to do, and shows nothing of what was given. */
function expectGuidance(error: unknown, code: string, names: string): void {
  expect(error).toBeInstanceOf(ClientConfigurationError)
  const { message, code: given, transient } = error as ClientConfigurationError
  expect(given).toBe(code)
  expect(transient).toBe(false)
  expect(message.startsWith(`${names} `)).toBe(true)
  expect(message).toMatch(/\. (Give|Use|Keep|Remove|Leave)\b/)
  expect(message).not.toContain(marker)
}

function thrownBy(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  return undefined
}

test.each(wrongOptions)('createTokenClient(%j) is refused with %s for %s', (given, code, names) => {
  expectGuidance(
    thrownBy(() => createTokenClient(given as TokenClientOptions)),
    code,
    names
  )
})

test.each(wrongMethods)('%s(...%j) is refused with %s for %s', (name, given, code, names) => {
  const method = methods[name] as (...given: unknown[]) => unknown
  expectGuidance(
    thrownBy(() => method(...given)),
    code,
    names
  )
})

test('X12 a misspelt variable that should be removed from the environment is refused at once', () => {
  process.env.ORDER_SECRET = marker
  onTestFinished(() => void delete process.env.ORDER_SECRET)
  const clientSecret = { env: 'ORDER_SECRET', remov: true } as never
  expect(() => createTokenClient({ ...good, clientSecret })).toThrow('The known names are: file, env, remove')
})

test('a rule beside routes is shown the way into each of them', () => {
  const policy = { routes: { 'https://users.internal': {} }, scope: marker } as never
  expect(() => createTokenClient(good).interceptor(policy)).toThrow(
    "Give it in each route that needs it: routes: { 'https://users.internal': { scope: … } }."
  )
})

test.each(wrongPolicies)(
  'D22 interceptor and createFetch refuse the policy %j with %s for %s',
  (given, code, names) => {
    const tokens = createTokenClient(good)
    expectGuidance(
      thrownBy(() => tokens.interceptor(given as never)),
      code,
      names
    )
    expectGuidance(
      thrownBy(() => tokens.createFetch(given as never)),
      code,
      names
    )
  }
)

test.each(wrongAsking)('getToken(%j) rejects with %s for %s, and asks nobody', async (given, code, names) => {
  const tokens = createTokenClient(good)
  expectGuidance(await tokens.getToken(given as never).catch((error: unknown) => error), code, names)
  expect(tokens.health().state).toBe('idle')
})

test('ready() and invalidate() say what they want', async () => {
  const tokens = createTokenClient(good)
  expectGuidance(
    await tokens.ready({ wait: 1 } as never).catch((error: unknown) => error),
    'ERR_UNKNOWN_OPTION',
    'ready.wait'
  )
  expectGuidance(
    thrownBy(() => tokens.invalidate('token' as never)),
    'ERR_INVALID_OPTION',
    'invalidate'
  )
})

test.each([null, 'https://users.internal', {}])('createFetch(policy, %j) says what it wants', (baseFetch) => {
  const tokens = createTokenClient(good)
  const failure = thrownBy(() => tokens.createFetch({ origins: ['https://users.internal'] }, baseFetch as never))
  expectGuidance(failure, 'ERR_INVALID_OPTION', 'baseFetch')
})

test('Q15 later changes to an options object have no effect', () => {
  const scope = ['read']
  const tokens = createTokenClient({ ...good, scope, fetch: () => new Promise(() => {}) })
  scope.push('write')
  void tokens.getToken({ maxWait: 0 }).catch(() => {})
  expect(tokens.health().tokens[0]?.scope).toEqual(['read'])
  return tokens.close()
})

test.each(['a b', 'a"b', 'a\\b', 'é', '\n', ''])('C10 the scope token %j is refused before the network', (member) => {
  const failure = thrownBy(() => createTokenClient({ ...good, scope: [member] }))
  expectGuidance(failure, 'ERR_INVALID_OPTION', 'options.scope')
})

test('C64 D19 a URL with a user name or password is refused wherever it is configured, and not printed', () => {
  const url = `https://user:${marker}@auth.internal`
  const tokens = createTokenClient(good)
  const configured = [
    () => createTokenClient({ ...good, issuer: url }),
    () => createTokenClient({ ...good, tokenEndpoint: url }),
    () => tokens.interceptor({ origins: [url] }),
    () => tokens.interceptor({ routes: { [url]: {} } }),
    () => tokens.createFetch({ origins: [new URL(url)] })
  ]
  for (const configure of configured) {
    expect(configure).toThrow(ClientConfigurationError)
    expect(configure).toThrow(/user name or a password/)
    expect(configure).not.toThrow(marker)
  }
})
