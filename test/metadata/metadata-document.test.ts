import { expect, test } from 'vitest'
import { serverIn } from '../../src/metadata/metadata-answer.ts'
import { describedServer } from '../../src/metadata/metadata-document.ts'

const issuer = 'https://auth.internal/a'
const good = { issuer, token_endpoint: 'https://auth.internal/token?tenant=1' }

interface Given {
  readonly document?: unknown
  readonly status?: number
  readonly type?: string
  readonly body?: Uint8Array
  readonly insecureHttpAllowed?: boolean
  readonly expected?: string
}

function read({
  document = good,
  status = 200,
  type = 'application/json',
  body = Buffer.from(JSON.stringify(document)),
  insecureHttpAllowed = false,
  expected = issuer
}: Given) {
  return serverIn(
    { status, headers: { 'content-type': type }, body },
    { issuer: expected, insecureHttpAllowed, wallTime: 0 },
    describedServer
  )
}

test('C49 C5 the token endpoint is taken byte for byte, its query with it', () => {
  expect(read({}).tokenEndpoint).toBe('https://auth.internal/token?tenant=1')
})

test.each(['application/json', 'application/json;charset=UTF-8', 'Application/JSON ; charset=utf-8'])(
  'C51 a document sent as %s is read',
  (type) => expect(read({ type }).issuer).toBe(issuer)
)

test('T5 a byte order mark before the document costs nothing', () => {
  expect(read({ body: Buffer.from(`\ufeff${JSON.stringify(good)}`) }).issuer).toBe(issuer)
})

test.each<[string, Given, RegExp]>([
  ['a 404', { status: 404 }, /answered 404/],
  ['a 201', { status: 201 }, /answered 201/],
  ['a redirect', { status: 302 }, /redirects are not followed/],
  ['a page of a proxy', { type: 'text/html' }, /not application\/json/],
  ['a type that only begins like JSON', { type: 'application/jsonp' }, /not application\/json/],
  ['an array', { document: [good] }, /not a JSON object/],
  ['null', { document: null }, /not a JSON object/],
  ['a truncated document', { body: Buffer.from('{"issuer"') }, /not valid JSON/],
  ['bytes that are no UTF-8', { body: Buffer.from([0x22, 0xff, 0x22]) }, /not valid JSON/]
])('C51 C89 %s is not metadata, and may become valid later', (_, given, message) => {
  expect(() => read(given)).toThrow(
    expect.objectContaining({
      message: expect.stringMatching(message),
      details: expect.not.objectContaining({ wrong: true })
    })
  )
})

test.each([
  `${issuer}/`,
  'https://auth.internal:443/a',
  'https://AUTH.internal/a',
  'https://auth.internal/%61',
  'https://auth.internal/а',
  'https://evil.example/a',
  undefined,
  [issuer]
])('C50 C95 a document about the issuer %j is not used, and the message names both', (other) => {
  const wrong = {
    details: expect.objectContaining({ wrong: true }),
    message: expect.stringContaining(JSON.stringify(issuer))
  }
  expect(() => read({ document: { ...good, issuer: other } })).toThrow(expect.objectContaining(wrong))
})

test('C19 the foreign issuer in the message cannot forge a line', () => {
  expect(() => read({ document: { ...good, issuer: 'x\n\u2028y' } })).toThrow('"x\\n\\u2028y"')
})

test.each([
  ['C49', undefined],
  ['C24', 7],
  ['C24', 'token'],
  ['C52', 'http://auth.internal/token'],
  ['C52 D23', 'http://localhost.evil.com/token'],
  ['C52', 'ftp://auth.internal/token'],
  ['C5', 'https://auth.internal/token#a'],
  ['C64', 'https://user:pw@auth.internal/token']
])('%s the token endpoint %j is refused and its userinfo not shown', (_, token_endpoint) => {
  const quiet = { details: { wrong: true }, message: expect.not.stringContaining('pw') }
  expect(() => read({ document: { ...good, token_endpoint } })).toThrow(expect.objectContaining(quiet))
})

const local = 'http://127.0.0.1:9000'

test('C52 C21 plain HTTP is for a loopback issuer, and beyond it when somebody allowed it', () => {
  const here = { issuer: local, token_endpoint: `${local}/token` }
  expect(read({ document: here, expected: local }).tokenEndpoint).toBe(`${local}/token`)
  const elsewhere = { ...good, token_endpoint: 'http://auth.internal/token' }
  expect(read({ document: elsewhere, insecureHttpAllowed: true }).tokenEndpoint).toBe('http://auth.internal/token')
})

test.each([local, 'http://[::1]:9000', 'http://localhost:9000'])(
  'W17 an https issuer cannot send secrets, tokens or the search for keys to %s',
  (origin) => {
    expect(() => read({ document: { ...good, token_endpoint: `${origin}/token` } })).toThrow('which is not https')
    const server = read({
      document: {
        ...good,
        jwks_uri: `${origin}/jwks`,
        introspection_endpoint: `${origin}/introspect`,
        mtls_endpoint_aliases: { token_endpoint: `${origin}/mtls` }
      }
    })
    expect(server).toMatchObject({
      jwksUri: undefined,
      introspectionEndpoint: undefined,
      mutualTlsTokenEndpoint: undefined
    })
  }
)

test('W17 an https issuer on this machine is no exception', () => {
  const expected = 'https://localhost:9000'
  const document = { issuer: expected, token_endpoint: `${local}/token` }
  expect(() => read({ document, expected })).toThrow('which is not https')
})

test('W28 what the document only inherits is not read', () => {
  const inherited = Object.create({ ...good, jwks_uri: 'https://evil.example/jwks' })
  const server = (document: object) => describedServer(document, { issuer, insecureHttpAllowed: false })
  expect(() => server(inherited)).toThrow('is about the issuer none')
  expect(server(Object.assign(inherited, good)).jwksUri).toBeUndefined()
})

test('C54 signed_metadata is never read, whatever it says', () => {
  const signed_metadata = `${btoa('{}')}.${btoa(JSON.stringify({ token_endpoint: 'https://evil.example' }))}.`
  expect(read({ document: { ...good, signed_metadata } })).toEqual(read({}))
})

test.each([
  [undefined, undefined],
  [['client_secret_post', 7], ['client_secret_post']],
  ['client_secret_post', undefined]
])('C53 C24 token_endpoint_auth_methods_supported %j is read as %j', (listed, methods) => {
  const document = { ...good, token_endpoint_auth_methods_supported: listed }
  expect(read({ document }).authenticationMethods).toEqual(methods)
})

test('C59 the token endpoint for mutual TLS is read, and one that is not https is ignored', () => {
  const at = (token_endpoint: unknown) => read({ document: { ...good, mtls_endpoint_aliases: { token_endpoint } } })
  expect(at('https://mtls.auth.internal/token').mutualTlsTokenEndpoint).toBe('https://mtls.auth.internal/token')
  expect(at(undefined).mutualTlsTokenEndpoint).toBeUndefined()
  expect(at('http://mtls.auth.internal/token').mutualTlsTokenEndpoint).toBeUndefined()
})
