import { generateKeyPairSync, type KeyObject, sign as signBytes, webcrypto } from 'node:crypto'
import { inspect } from 'node:util'
import { calculateJwkThumbprint, decodeJwt, decodeProtectedHeader, type JWK } from 'jose'
import { expect, onTestFinished, test } from 'vitest'
import { createTokenClient, type TokenClientOptions } from '../../src/index.ts'
import { manualClock } from '../../src/testing/index.ts'
import { clientId, clientSecret, dpopRoad } from '../support/dpop-road.ts'
import { listen } from '../support/road.ts'

const jktOf = (value: string) => (decodeJwt(value).cnf as { jkt?: string } | undefined)?.jkt

/** A token endpoint that answers what it is told to, and keeps the proofs that it was sent. */
async function scripted(
  ...answers: readonly [status: number, body: object, headers?: Record<string, string | string[]>][]
) {
  const proofs: string[] = []
  const good = { access_token: 'token', token_type: 'DPoP', expires_in: 3600 }
  const origin = await listen((request, response) => {
    const [status, body, headers] = answers[proofs.length] ?? [200, good]
    proofs.push(String(request.headers.dpop))
    request.resume().on('end', () => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
    })
  })
  const options = { tokenEndpoint: `${origin}/token?tenant=a`, clientId, clientSecret, dpop: true } as const
  return { origin, proofs, claims: () => proofs.map((proof) => decodeJwt(proof)), options }
}

function clientOf(options: TokenClientOptions) {
  const tokens = createTokenClient(options)
  onTestFinished(() => tokens.close())
  return tokens
}

const nonceDemanded = (nonce?: string | string[]) =>
  [400, { error: 'use_dpop_nonce' }, nonce === undefined ? {} : { 'dpop-nonce': nonce }] as const satisfies [
    number,
    object,
    object
  ]

test('C80 with dpop the token is a DPoP one, bound to a key that this client alone has', async () => {
  const { tokens, server, clock } = await dpopRoad()
  const token = await tokens.getToken()
  expect(token.type).toBe('DPoP')
  expect(token.authorization).toBe(`DPoP ${token.value}`)
  expect(jktOf(token.value)).toBe(token.boundTo)
  const other = clientOf({ issuer: server.issuer, clientId, clientSecret, dpop: true, clock })
  expect((await other.getToken()).boundTo).not.toBe(token.boundTo)
  expect((await tokens.getToken({ scope: ['read'] })).boundTo).toBe(token.boundTo)
})

test('C75 C76 a proof at the token endpoint has what RFC 9449 §4.2 wants of it, and nothing of the private key', async () => {
  const { proofs, claims, options, origin } = await scripted()
  const token = await clientOf(options).getToken()
  const { typ, alg, jwk } = decodeProtectedHeader(proofs[0] as string) as { typ: string; alg: string; jwk: JWK }
  expect({ typ, alg, members: Object.keys(jwk).sort() }).toEqual({
    ...{ typ: 'dpop+jwt', alg: 'ES256', members: ['crv', 'kty', 'x', 'y'] }
  })
  expect(await calculateJwkThumbprint(jwk)).toBe(token.boundTo)
  expect(claims()).toEqual([{ jti: expect.any(String), htm: 'POST', htu: `${origin}/token`, iat: expect.any(Number) }])
})

const keys = {
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: generateKeyPairSync('ed25519'),
  PS256: generateKeyPairSync('rsa', { modulusLength: 2048 })
}
const pem = (key: KeyObject) => String(key.export({ type: key.type === 'public' ? 'spki' : 'pkcs8', format: 'pem' }))
const thumbprint = (key: KeyObject) => calculateJwkThumbprint(key.export({ format: 'jwk' }) as JWK)
const signer = (key: KeyObject) => async (bytes: Uint8Array) =>
  signBytes('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' })

test.each(Object.entries(keys))(
  'C75 a key of one’s own signs with %s, as PEM, JWK and KeyObject',
  async (alg, pair) => {
    for (const key of [pem(pair.privateKey), pair.privateKey.export({ format: 'jwk' }), pair.privateKey]) {
      const { proofs, options } = await scripted()
      const token = await clientOf({ ...options, dpop: { key } }).getToken()
      expect(decodeProtectedHeader(proofs[0] as string).alg).toBe(alg)
      expect(token.boundTo).toBe(await thumbprint(pair.publicKey))
    }
  }
)

test.each(['ES256', 'ES384', 'EdDSA', 'PS256'])(
  'C75 a key of the client’s own making for %s is taken by the server',
  async (alg) => {
    const { tokens } = await dpopRoad({ client: { dpop: { alg } } })
    expect((await tokens.getToken()).type).toBe('DPoP')
  }
)

test('C75 a key of WebCrypto that nobody can export, and one behind a signer, are proved as well', async () => {
  const pair = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])
  const { privateKey, publicKey } = keys.ES256
  const dpops = [
    { key: pair },
    { key: pair.privateKey },
    { alg: 'ES256', sign: signer(privateKey), publicKey: pem(publicKey) }
  ]
  for (const dpop of dpops) {
    const { tokens } = await dpopRoad({ client: { dpop: dpop as TokenClientOptions['dpop'] & object } })
    expect((await tokens.getToken()).type).toBe('DPoP')
  }
})

test.each<[string, (bytes: Uint8Array) => unknown, RegExp]>([
  [
    'signs with another key',
    signer(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey),
    /does not fit publicKey/
  ],
  ['throws', () => Promise.reject(new Error('HSM')), /sign function failed/],
  ['answers in DER', (bytes) => signBytes('sha256', bytes, keys.ES256.privateKey), /DER form/],
  ['hangs', () => new Promise(() => {}), /signature of the DPoP key did not arrive in time/]
])('a signer that %s is named, and nothing is sent', async (_what, sign, message) => {
  const { options, proofs } = await scripted()
  const dpop = { alg: 'ES256', sign: sign as never, publicKey: keys.ES256.publicKey }
  const clock = manualClock()
  const tokens = clientOf({ ...options, dpop, clock })
  const failure = tokens.getToken().catch((error) => error)
  await clock.advance(10_000)
  expect(await failure).toMatchObject({ code: 'ERR_SECRET_UNAVAILABLE', message: expect.stringMatching(message) })
  expect(proofs).toEqual([])
})

test.each(['Bearer', 'bearer', undefined])(
  'T23 C80 a token of type %s where DPoP was asked for is an error',
  async (token_type) => {
    const answer: [number, object] = [200, { access_token: 'token', token_type, expires_in: 3600 }]
    const { options } = await scripted(answer, answer)
    await expect(clientOf(options).getToken()).rejects.toMatchObject({
      ...{ code: 'ERR_UNSUPPORTED_TOKEN_TYPE', transient: false, message: expect.stringContaining('allowBearer') }
    })
    const token = await clientOf({ ...options, allowBearer: true }).getToken()
    expect({ type: token.type, boundTo: token.boundTo }).toEqual({ type: 'Bearer', boundTo: undefined })
  }
)

test('T48 C79 a nonce that is demanded is sent at once, and with all requests that follow', async () => {
  const { tokens, asked } = await dpopRoad({ registration: { dpopNonces: true } })
  await tokens.getToken()
  expect(asked()).toBe(2)
  await tokens.getToken({ scope: ['read'] })
  expect(asked()).toBe(3)
})

test('T48 C78 nonces for one use are taken from each answer, and requests beside each other all succeed', async () => {
  const { tokens, asked } = await dpopRoad({ registration: { dpopNonces: 'once' } })
  await tokens.getToken()
  await tokens.getToken({ scope: ['read'] })
  expect(asked()).toBe(3)
  const scopes = Array.from({ length: 50 }, (_, index) => ({ parameters: { number: String(index) } }))
  expect(new Set(await Promise.all(scopes.map((one) => tokens.getToken(one)))).size).toBe(50)
})

test('T48 C79 a nonce that is demanded in a challenge alone is sent at once too', async () => {
  const challenge = { 'www-authenticate': 'DPoP error="use_dpop_nonce"', 'dpop-nonce': 'a' }
  const { options, claims } = await scripted([401, {}, challenge])
  expect((await clientOf(options).getToken()).type).toBe('DPoP')
  expect(claims().map(({ nonce }) => nonce)).toEqual([undefined, 'a'])
})

test('T48 three nonces are tried in one attempt, each of them once and in a proof of its own', async () => {
  const { options, claims } = await scripted(
    ...Array.from('abcdefghijklmnopqrstuvwxyz', (nonce) => nonceDemanded(nonce))
  )
  const error = await clientOf({ ...options, timeout: 100, clock: manualClock() })
    .getToken()
    .catch((refusal) => refusal)
  expect(error).toMatchObject({ code: 'ERR_INVALID_DPOP_PROOF', transient: true, oauthError: 'use_dpop_nonce' })
  expect(claims().map(({ nonce }) => nonce)).toEqual([undefined, 'a', 'b', 'c'])
  expect(new Set(claims().map(({ jti }) => jti)).size).toBe(4)
})

test.each<[string, string | string[] | undefined]>([
  ['missing', undefined],
  ['there twice', ['a', 'b']],
  ['none', 'a"b'],
  ['too long', 'n'.repeat(4097)]
])('T49 a nonce that is %s ends the attempt', async (_what, nonce) => {
  const { options, claims } = await scripted(nonceDemanded(nonce))
  const error = await clientOf({ ...options, timeout: 100, clock: manualClock() })
    .getToken()
    .catch((refusal) => refusal)
  expect(error).toMatchObject({ code: 'ERR_INVALID_DPOP_PROOF', message: expect.stringContaining('DPoP-Nonce') })
  expect(claims().map((one) => one.nonce)).toEqual([undefined])
})

test('T50 a proof that is refused because the clocks differ is dated by the server’s and sent once more', async () => {
  for (const ahead of [600_000, -600_000]) {
    const { tokens, asked } = await dpopRoad({ ahead })
    expect((await tokens.getToken()).type).toBe('DPoP')
    await tokens.getToken({ scope: ['read'] })
    expect(asked()).toBe(3)
  }
})

test('T48 a proof that is refused with a new nonce beside is sent once more with it', async () => {
  const { options, claims } = await scripted([400, { error: 'invalid_dpop_proof' }, { 'dpop-nonce': 'new' }])
  expect((await clientOf(options).getToken()).type).toBe('DPoP')
  expect(claims().map(({ nonce }) => nonce)).toEqual([undefined, 'new'])
})

test('a proof that is refused for another reason is an error with a name', async () => {
  const { options, proofs } = await scripted([400, { error: 'invalid_dpop_proof' }])
  await expect(clientOf(options).getToken()).rejects.toMatchObject({ code: 'ERR_INVALID_DPOP_PROOF', transient: false })
  expect(proofs.length).toBe(1)
})

test('a new key is used from the next token request on, and every token is replaced by one of it', async () => {
  const [first, second] = [keys.ES256, generateKeyPairSync('ec', { namedCurve: 'P-256' })]
  let current = first.privateKey
  const { tokens, clock } = await dpopRoad({ client: { dpop: { key: () => current } } })
  expect((await tokens.getToken()).boundTo).toBe(await thumbprint(first.publicKey))
  current = second.privateKey
  await clock.advance(2000)
  expect((await tokens.refresh()).boundTo).toBe(await thumbprint(second.publicKey))
})

test('a function that makes another key each time leads to no flood of token requests, and is obeyed again later', async () => {
  const key = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const { tokens, clock, asked } = await dpopRoad({ client: { dpop: { key } } })
  const call = async () => {
    const calls = [tokens.getToken({ scope: 'read' }), tokens.getToken({ scope: 'write' })]
    await clock.advance(1000)
    return (await Promise.all(calls)).map(({ boundTo }) => boundTo)
  }
  await call()
  for (let minutes = 0; minutes < 9; minutes += 1) {
    for (let calls = 0; calls < 5; calls += 1) await call()
    await clock.advance(50_000)
  }
  expect(asked()).toBeLessThanOrEqual(4)
  const [before] = await call()
  await clock.advance(600_000)
  expect((await tokens.refresh({ scope: 'read' })).boundTo).not.toBe(before)
})

test.each(['none', 'HS256', 'HS512'])('C83 a proof is never signed with %s', (alg) => {
  const options = { tokenEndpoint: 'https://auth.internal/token', clientId, clientSecret }
  expect(() => createTokenClient({ ...options, dpop: { alg } })).toThrow('dpop.alg')
})

test('nothing of the key and no proof shows on a token or in an error', async () => {
  const { options, proofs } = await scripted([200, { access_token: 'value', token_type: 'DPoP', expires_in: 9 }])
  const { privateKey } = keys.ES256
  const token = await clientOf({ ...options, dpop: { key: privateKey } }).getToken()
  const { d = '' } = privateKey.export({ format: 'jwk' })
  const shown = [JSON.stringify(token), inspect(token, { showHidden: true, depth: 9 }), `${token}`].join()
  expect(shown).not.toContain(d)
  expect(shown).not.toContain(proofs[0])
  expect(JSON.parse(JSON.stringify(token)).type).toBe('DPoP')

  const echo = await listen((request, response) => {
    response.writeHead(400, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ error: String(request.headers.dpop) }))
  })
  const error = await clientOf({ ...options, tokenEndpoint: echo })
    .getToken()
    .catch((refusal) => refusal)
  expect(inspect(error, { showHidden: true })).not.toMatch(/eyJ/)
})

test('S25 tokens that are bound to a key are not put into the store', async () => {
  const warnings: { code: string }[] = []
  const { options } = await scripted()
  const touched: string[] = []
  const store = Object.fromEntries(
    ['read', 'write', 'remove', 'lease', 'release'].map((verb) => [verb, async () => void touched.push(verb)])
  )
  const tokens = clientOf({
    ...options,
    store: store as never,
    sealingKey: 'YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXoxMjM0NTY='
  })
  tokens.on('warning', (warning) => warnings.push(warning as { code: string }))
  await tokens.getToken()
  expect({ touched, warnings: warnings.map(({ code }) => code) }).toEqual({
    touched: [],
    warnings: ['token_not_shared']
  })
})
