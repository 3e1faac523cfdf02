import { expect, test } from 'vitest'
import { clientSecretBasic, createTokenClient, type TokenClientOptions } from '../../src/index.ts'
import { present } from '../client-authentication/draft.ts'
import { selfSigned } from '../http/certificate.ts'
import { http, rawServer } from '../http/raw-server.ts'
import { testIssuer } from '../resource-server/issuer.ts'

const evil = 'https://evil.example/'

/** Names that an attacker could set on Object.prototype. */
async function polluted<T>(name: string | symbol, value: unknown, work: () => Promise<T>): Promise<T> {
  const prototype = Object.prototype as Record<string | symbol, unknown>
  prototype[name] = value
  try {
    return await work()
  } finally {
    delete prototype[name]
  }
}

const options = [
  ...['issuer', 'tokenEndpoint', 'metadata', 'clientAuthentication', 'scope', 'audience', 'resource', 'parameters'],
  ...['tokenTypes', 'refresh', 'defaultLifetime', 'store', 'sealingKey', 'shards', 'reader', 'maxWait'],
  ...['file', 'env', 'remove', 'clientIdInForm', 'surviveOutage', 'routes', 'path', 'mutualTls', 'needsIssuer'],
  ...['fetch', 'proxy', 'clock', 'certificate', 'place', 'known', 'key', 'kid', 'alg'],
  ...['mostBytes', 'holdsProcess', 'dpop', 'allowBearer', 'tokenOptions', 'header', 'scheme', 'rejectedWhen', 'source']
]
// Node's own `fetch`, `http` and `crypto` break where encoding, dispatcher, connect and error are inherited: those are left out.
const documents = [
  ...['issuer', 'token_endpoint', 'jwks_uri', 'introspection_endpoint', 'mtls_endpoint_aliases', 'expires_in'],
  ...['token_endpoint_auth_methods_supported', 'access_token', 'token_type', 'scope']
]
/** What parts of the client say to each other, what Node looks for in its own options, and variables of the environment. */
const inside = [
  ...['agents', 'places', 'proven', 'awaits', 'holds', 'through', 'usage', 'dated', 'hiddenInErrors', 'retryAfter'],
  ...['HTTP_PROXY', 'NODE_USE_ENV_PROXY', 'NODE_OPTIONS', 'auth', 'ca', 'cert', 'pfx', 'passphrase', 'ciphers']
]
const values = [evil, true, 7, ['admin'], { token_endpoint: evil, ca: 'x' }]
const everyOption = [...options, ...documents].flatMap((name) => values.map((value) => [name, value] as const))
const everyInside = inside.flatMap((name) => [evil, 1].map((value) => [name, value] as const))

async function requestOf(name: string, value: unknown, options: TokenClientOptions, origin: string) {
  return polluted(name, value, async () => {
    const tokens = createTokenClient(options)
    const { value: token, scope, expiresAt, obtainedAt } = await tokens.getToken({ audience: 'users' })
    const call = await tokens.createFetch({ origins: [origin] })(`${origin}/users`)
    const shown = await tokens.headers({ method: 'GET', url: `${origin}/users` })
    await tokens.close()
    return { token, scope, life: expiresAt - obtainedAt, status: call.status, shown: { ...shown } }
  })
}

test('W28 a body on Object.prototype is not sent for metadata', async () => {
  const server = await rawServer(({ socket, text }) => {
    const document = { issuer: server.origin, token_endpoint: `${server.origin}/token` }
    const answer = text.startsWith('GET ') ? document : { access_token: 'marker-token', expires_in: 3600 }
    socket.write(http(JSON.stringify(answer), ['content-type: application/json']))
  })
  const tokens = createTokenClient({ issuer: server.origin, clientId: 'orders', clientSecret: 's3cret' })
  await polluted('body', 'marker-body', () => tokens.getToken())
  await tokens.close()
  expect(server.requests.map(({ text }) => text).join()).not.toContain('marker-body')
})

test.each([
  ['an option, metadata or an answer', everyOption],
  ['what parts of the client, Node or the environment say', everyInside]
])('W28 nothing on Object.prototype is %s', async (_, everyName) => {
  const server = await rawServer(({ socket, text }) => {
    const document = { issuer: server.origin, token_endpoint: `${server.origin}/token` }
    const isMetadata = text.startsWith('GET /.well-known/oauth-authorization-server ')
    socket.write(
      http(JSON.stringify(isMetadata ? document : { access_token: 'marker-token', expires_in: 3600 }), [
        'content-type: application/json'
      ])
    )
  })
  const made = { issuer: server.origin, clientId: 'orders', clientSecret: 's3cret', scope: 'read' }
  const shown = { authorization: 'Bearer marker-token' }
  const expected = { token: 'marker-token', scope: ['read'], life: 3_600_000, status: 200, shown }
  let seen = 0
  const sent = () => {
    const texts = server.requests.slice(seen).map(({ text }) => text)
    seen = server.requests.length
    return texts
  }
  await requestOf('nothing', 1, made, server.origin)
  const usual = sent()
  expect(usual).toHaveLength(4)
  for (const [name, value] of everyName) {
    const got = await requestOf(name, value, made, server.origin).catch((error) => error)
    expect({ name, value, got, sent: sent() }).toEqual({ name, value, got: expected, sent: usual })
  }
})

test('W28 nothing on Object.prototype makes a certificate trusted, or is presented as one', async () => {
  const own = selfSigned()
  const server = await rawServer(({ socket }) => socket.write(http('{}')), own)
  const tokens = { tokenEndpoint: `${server.origin}/token`, clientId: 'orders', clientSecret: 's3cret' }
  for (const [name, value] of Object.entries({ ca: own.cert, rejectUnauthorized: false })) {
    const client = createTokenClient(tokens)
    const failure = await polluted(name, value, () => client.getToken().catch((error) => error))
    await client.close()
    expect({ name, code: failure.code }).toEqual({ name, code: 'ERR_TLS_ERROR' })
  }
  expect(server.requests).toEqual([])
})

test('W28 nothing on Object.prototype is in the proof of a DPoP token, or decides about a certificate', async () => {
  for (const [name, value] of Object.entries({ token: 'marker', certificate: { thumbprint: 'marker' } })) {
    const server = await rawServer(({ socket }) =>
      socket.write(
        http('{"access_token":"t","token_type":"DPoP","expires_in":3600}', ['content-type: application/json'])
      )
    )
    const client = createTokenClient({
      tokenEndpoint: `${server.origin}/token`,
      clientId: 'orders',
      clientSecret: 's3cret',
      dpop: true
    })
    const token = await polluted(name, value, () => client.getToken())
    await client.close()
    expect(token.boundTo).not.toContain('marker')
    const proof = /^dpop: [^.]+\.([^.]+)\./im.exec(server.requests[0]?.text ?? '')?.[1] ?? ''
    expect(JSON.parse(Buffer.from(proof, 'base64url').toString())).not.toHaveProperty('ath')
  }
})

test('W28 nothing on Object.prototype changes how a client proves who it is', async () => {
  for (const [name, value] of everyOption) {
    const { form, headers } = await polluted(name, value, () => present(clientSecretBasic('s3cret')))
    expect({ name, value, form: `${form}`, headers: { ...headers } }).toEqual({
      name,
      value,
      form: 'grant_type=client_credentials',
      headers: { authorization: `Basic ${btoa('order-service:s3cret')}` }
    })
  }
})

test('W28 an iterator on Object.prototype makes no object of options an iterable', async () => {
  const options = { tokenEndpoint: `${evil}token`, clientId: 'orders', clientSecret: 's3cret', parameters: { a: 'b' } }
  const tokens = await polluted(Symbol.iterator, [].values, async () => createTokenClient({ ...options, headers: {} }))
  await tokens.close()
})

const missing: readonly [string, unknown][] = [
  ['aud', 'https://users.internal'],
  ['iss', 'https://auth.internal'],
  ['sub', 'orders'],
  ['client_id', 'orders'],
  ['exp', 4_000_000_000],
  ['iat', 1_893_456_000],
  ['jti', 'a1']
]

test.each(missing)('W28 R14 a token without %s is refused, whatever Object.prototype says', async (name, value) => {
  const { token, verifier } = await testIssuer()
  const text = await token({ [name]: undefined })
  await polluted(name, value, async () => {
    await expect(verifier().verify(`Bearer ${text}`)).rejects.toMatchObject({ reason: 'missing_claim' })
  })
})

test.each([
  ['scope', 'admin'],
  ['roles', ['admin']],
  ['cnf', { 'x5t#S256': 'x' }]
])('W28 a token has no %s that is only inherited', async (name, value) => {
  const { token, verifier } = await testIssuer()
  const text = await token({ [name]: undefined })
  const { scope, roles } = await polluted(name, value, () => verifier().verify(`Bearer ${text}`))
  expect([...scope, ...roles]).not.toContain('admin')
})
