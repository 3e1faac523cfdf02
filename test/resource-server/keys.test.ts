import { createHmac, randomUUID } from 'node:crypto'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { expect, test } from 'vitest'
import type { Faults } from '../../src/authorization-server/index.ts'
import {
  type AccessTokenVerifier,
  accessTokenVerifier,
  jwks,
  jwksUri,
  publicKey,
  sharedSecret
} from '../../src/resource-server/index.ts'
import { keySet } from '../../src/resource-server/keys/key-set.ts'
import { publishedKey } from '../../src/resource-server/keys/node-key.ts'
import type { VerificationKey } from '../../src/resource-server/keys/verification-keys.ts'
import { audience, issuer, testIssuer } from './issuer.ts'
import { road } from './verifier-road.ts'

const minute = 60_000
const hour = 60 * minute

/** A token with a key name that nobody has. */
async function tokenOfUnknownKey(kid: string = randomUUID()): Promise<string> {
  return `Bearer ${await (await testIssuer()).token({}, { kid })}`
}

test('R45 keys are found by the issuer: one document about it, one with the keys, however many tokens come', async () => {
  const { server, verifier, authorization } = await road()
  const tokens = await Promise.all(Array.from({ length: 20 }, authorization))
  await Promise.all(tokens.map((token) => verifier.verify(token)))
  for (const token of tokens) await verifier.verify(token)
  expect([server.requests.count('metadata'), server.requests.count('jwks')]).toEqual([1, 1])
})

test('R45 metadata about another issuer leads to no keys', async () => {
  const { server, verifier, authorization } = await road()
  server.faults.alter({ members: { issuer: 'https://evil.internal' } }, { at: 'metadata' })
  await expect(verifier.verify(await authorization())).rejects.toMatchObject({
    code: 'ERR_KEYS_UNAVAILABLE',
    transient: false,
    cause: { code: 'ERR_DISCOVERY_FAILED' }
  })
  expect(server.requests.count('jwks')).toBe(0)
})

test.each([
  ['no', undefined],
  ['a plain HTTP', 'http://x.internal/jwks']
])('R45 metadata with %s jwks_uri leads to no keys', async (_what, uri) => {
  const { server, verifier, authorization } = await road()
  server.faults.alter({ members: { jwks_uri: uri } }, { at: 'metadata' })
  await expect(verifier.verify(await authorization())).rejects.toMatchObject({
    code: 'ERR_KEYS_UNAVAILABLE',
    transient: false,
    cause: { message: expect.stringMatching(/^The metadata of the issuer contains no usable jwks_uri\. Give/) }
  })
})

test.each<[string, (faults: Faults) => void]>([
  ['a redirect', (faults) => faults.redirect('https://evil.internal/jwks', 302, { at: 'jwks' })],
  ['an error', (faults) => faults.answer({ status: 500 }, { at: 'jwks' })],
  ['a page', (faults) => faults.answer({ headers: { 'content-type': 'text/html' }, body: '<html>' }, { at: 'jwks' })],
  ['a list without keys', (faults) => faults.answer({ body: [] }, { at: 'jwks' })],
  ['keys that are none', (faults) => faults.answer({ body: { keys: 'x' } }, { at: 'jwks' })],
  ['null', (faults) => faults.answer({ body: 'null' }, { at: 'jwks' })],
  [
    'a document over 512 KiB',
    (faults) => faults.answer({ body: { keys: [], x: 'x'.repeat(524_288) } }, { at: 'jwks' })
  ],
  ['a reset', (faults) => faults.reset({ at: 'jwks' })],
  ['a server that is down', (faults) => faults.down()]
])(
  'R11 %s in place of keys does not accept any token, and is fetched again after five seconds',
  async (_what, fail) => {
    const { clock, server, verifier, authorization } = await road()
    const token = await authorization()
    fail(server.faults)
    const refusal = { code: 'ERR_KEYS_UNAVAILABLE', transient: true, retryAfter: 5000 }
    await expect(verifier.verify(token)).rejects.toMatchObject(refusal)
    server.faults.clear()
    await expect(verifier.verify(token)).rejects.toMatchObject(refusal)
    await clock.advance(5000)
    expect((await verifier.verify(token)).clientId).toBe('orders')
  }
)

test('R11 while the issuer is away the keys serve for a day, and not longer', async () => {
  const { clock, server, verifier, authorization } = await road()
  const [warm, another] = [await authorization(), await authorization()]
  await verifier.verify(warm)
  server.faults.down()
  for (let hours = 0; hours < 23; hours++) {
    await clock.advance(hour)
    await verifier.verify(warm)
  }
  await verifier.verify(another)
  await clock.advance(hour)
  for (const token of [warm, another])
    await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'ERR_KEYS_UNAVAILABLE' })
  server.faults.clear()
  await clock.advance(5000)
  await verifier.verify(warm)
})

/** Lets what travels over loopback arrive, until it holds. */
async function eventually(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve))
}

test('R11 from eight minutes on the keys are fetched again, and nobody waits for them', async () => {
  const { clock, server, verifier, authorization } = await road()
  const token = await authorization()
  await verifier.verify(token)
  await clock.advance(8 * minute - 1)
  await verifier.verify(token)
  expect(server.requests.count('jwks')).toBe(1)
  await clock.advance(1)
  server.faults.hang({ at: 'jwks' })
  await verifier.verify(token)
  await verifier.verify(await authorization())
  await eventually(() => server.requests.count('jwks') === 2)
})

test('R24 past ten minutes a call waits for the keys, so a removed key is no longer accepted', async () => {
  const { clock, server, verifier, authorization } = await road()
  const token = await authorization()
  await verifier.verify(token)
  await server.rotateKeys({ overlap: 0 })
  await clock.advance(10 * minute)
  await expect(verifier.verify(token)).rejects.toMatchObject({ reason: 'unknown_key' })
  await verifier.verify(await authorization())
})

test('R24 a removed key is no longer accepted hours later, even if no request came meanwhile', async () => {
  const { clock, server, verifier, authorization } = await road()
  const token = await authorization()
  await verifier.verify(token)
  await server.rotateKeys({ overlap: 0 })
  await clock.advance(20 * hour)
  await expect(verifier.verify(token)).rejects.toMatchObject({ reason: 'unknown_key' })
})

test('R11 a call waits a second for keys that do not come, all together, and then the old ones serve', async () => {
  const { clock, server, verifier, authorization } = await road()
  const token = await authorization()
  await verifier.verify(token)
  await clock.advance(10 * minute)
  server.faults.hang({ at: 'jwks' })
  const start = clock.monotonicTime()
  const served: number[] = []
  const calls = [verifier.verify(token), verifier.verify(token)].map((call) =>
    call.then(() => served.push(clock.monotonicTime() - start))
  )
  await eventually(() => server.requests.count('jwks') === 2)
  await clock.advance(999)
  expect(served).toEqual([])
  await clock.advance(1)
  await Promise.all(calls)
  expect(served).toEqual([1000, 1000])
  // The request is still under way, and nobody waits for it a second time.
  await verifier.verify(token)
  expect(server.requests.count('jwks')).toBe(2)
})

test('R11 staleFor says how long the keys serve while the issuer is away', async () => {
  const { clock, server, verifier, authorization } = await road({}, { staleFor: hour })
  const token = await authorization()
  await verifier.verify(token)
  server.faults.down()
  await clock.advance(hour - 1)
  await verifier.verify(token)
  await clock.advance(1)
  await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'ERR_KEYS_UNAVAILABLE' })
})

test('R24 with staleFor 0 no key is accepted after ten minutes unless the issuer publishes it', async () => {
  const { clock, server, verifier, authorization } = await road({}, { staleFor: 0 })
  const token = await authorization()
  await verifier.verify(token)
  server.faults.down()
  await clock.advance(10 * minute - 1)
  await verifier.verify(token)
  await clock.advance(1)
  await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'ERR_KEYS_UNAVAILABLE' })
})

test('R24 a key that stays in the document stays the same key, so tokens that were verified with it stay accepted', async () => {
  const [one, other] = [await testIssuer(), await testIssuer()]
  const reading = { algorithms: ['ES256'], keyUses: [], read: publishedKey }
  const header = { alg: 'ES256', kid: 'one', typ: undefined }
  const before = keySet(one.keys, reading)
  const [key] = before.candidates(header) as [VerificationKey]
  const renamed = other.keys.keys.map((jwk) => ({ ...jwk, kid: 'two' }))
  for (const document of [one.keys, { keys: [...renamed, ...one.keys.keys], x: 1 }]) {
    const after = keySet(document, reading, before)
    expect([after.has(key), after.candidates(header)]).toEqual([true, [key]])
  }
  for (const changed of [{ use: 'enc' }, { kid: 'two' }, { alg: 'ES384' }]) {
    const after = keySet({ keys: one.keys.keys.map((jwk) => ({ ...jwk, ...changed })) }, reading, before)
    expect(after.has(key)).toBe(false)
  }
})

test('R45 if the keys have moved, their URL is looked up in the metadata again', async () => {
  const { clock, server, verifier, authorization } = await road()
  server.faults.alter({ members: { jwks_uri: `${server.issuer}/old-keys` } }, { at: 'metadata', requests: 1 })
  const token = await authorization()
  await verifier.verify(token)
  expect([server.requests.count('metadata'), server.requests.count('jwks')]).toEqual([2, 1])
  await clock.advance(10 * minute)
  await verifier.verify(token)
  expect([server.requests.count('metadata'), server.requests.count('jwks')]).toEqual([2, 2])
})

test('R45 keys at a URL of yours that is not there are not looked for anywhere else', async () => {
  const { clock, server, authorization } = await road()
  const keys = jwksUri(`${server.issuer}/old-keys`)
  const verifier = accessTokenVerifier({ issuer: server.issuer, audience, clock, keys })
  await expect(verifier.verify(await authorization())).rejects.toMatchObject({
    code: 'ERR_KEYS_UNAVAILABLE',
    cause: { message: expect.stringMatching(/old-keys, the URL of the keys, answered 404/) }
  })
  expect([server.requests.count('metadata'), server.requests.count('jwks')]).toEqual([0, 0])
  await verifier.close()
})

test('R45 metadata of an issuer that has no token endpoint lead to its keys', async () => {
  const { server, verifier, authorization } = await road()
  server.faults.alter({ members: { token_endpoint: undefined } }, { at: 'metadata' })
  expect((await verifier.verify(await authorization())).clientId).toBe('orders')
})

test('R45 metadata and keys may be larger than a token response', async () => {
  const { server, verifier, authorization } = await road()
  for (const at of ['metadata', 'jwks'] as const)
    server.faults.alter({ members: { padding: 'x'.repeat(500 * 1024) } }, { at })
  expect((await verifier.verify(await authorization())).clientId).toBe('orders')
})

test('N7 a new key is known as soon as a token names it, by one request for all', async () => {
  const { server, verifier, authorization } = await road()
  await verifier.verify(await authorization())
  await server.rotateKeys()
  const tokens = await Promise.all(Array.from({ length: 10 }, authorization))
  await Promise.all(tokens.map((token) => verifier.verify(token)))
  expect(server.requests.count('jwks')).toBe(2)
})

test('N7 a key that is published seconds after its first token is known half a minute later', async () => {
  const { clock, server, verifier, authorization } = await road()
  await verifier.verify(await authorization())
  server.faults.alter({ members: { keys: [] } }, { at: 'jwks', requests: 1 })
  await server.rotateKeys()
  const token = await authorization()
  await expect(verifier.verify(token)).rejects.toMatchObject({ reason: 'unknown_key' })
  await clock.advance(29_999)
  await expect(verifier.verify(token)).rejects.toMatchObject({ reason: 'unknown_key' })
  await clock.advance(1)
  await verifier.verify(token)
})

test('R25 made-up key names cause two requests to the issuer at once, and then at most two a minute', async () => {
  const { clock, server, verifier, authorization } = await road()
  await verifier.verify(await authorization())
  const counts: number[] = []
  for (let halfMinutes = 0; halfMinutes < 4; halfMinutes++) {
    for (let calls = 0; calls < 5; calls++)
      await expect(verifier.verify(await tokenOfUnknownKey())).rejects.toMatchObject({ reason: 'unknown_key' })
    counts.push(server.requests.count('jwks'))
    await clock.advance(30_000)
  }
  expect(counts).toEqual([3, 4, 5, 6])
})

test('R25 the issuer is asked about one unknown name every thirty seconds', async () => {
  const { clock, server, verifier, authorization } = await road()
  const unknown = await tokenOfUnknownKey('nobody')
  await verifier.verify(await authorization())
  const counts: number[] = []
  for (let tenSeconds = 0; tenSeconds < 7; tenSeconds++) {
    await expect(verifier.verify(unknown)).rejects.toMatchObject({ reason: 'unknown_key' })
    counts.push(server.requests.count('jwks'))
    await clock.advance(10_000)
  }
  expect(counts).toEqual([2, 2, 2, 3, 3, 3, 4])
})

test('R24 the same name of a key at another issuer is another key', async () => {
  const [one, other] = [await testIssuer(), await testIssuer()]
  await one.verifier().verify(`Bearer ${await one.token()}`)
  await expect(one.verifier().verify(`Bearer ${await other.token()}`)).rejects.toMatchObject({
    reason: 'bad_signature'
  })
})

test('R11 keys at a URL of yours are fetched from there alone', async () => {
  const { clock, server, authorization } = await road()
  const verifier = accessTokenVerifier({ issuer: server.issuer, audience, clock, keys: jwksUri(server.jwksUri) })
  await verifier.verify(await authorization())
  expect([server.requests.count('metadata'), server.requests.count('jwks')]).toEqual([0, 1])
  await verifier.close()
})

test.each(['RS256', 'ES256', 'EdDSA'] as const)(
  'R11 one public key of the issuer, in any form, verifies %s',
  async (alg) => {
    const by = await testIssuer(alg)
    const pem = by.publicKey.export({ type: 'spki', format: 'pem' }).toString()
    for (const key of [by.publicKey, pem, by.publicKey.export({ format: 'jwk' })]) {
      const verifier = by.verifier({ keys: publicKey(key) })
      await verifier.verify(`Bearer ${await by.token({}, { kid: 'whatever' })}`)
      await verifier.verify(`Bearer ${await by.token({}, { kid: undefined })}`)
      await expect(verifier.verify(`Bearer ${await (await testIssuer(alg)).token()}`)).rejects.toMatchObject({
        reason: 'bad_signature'
      })
    }
  }
)

test('R11 a token without the name of a key is verified by whichever key fits', async () => {
  const { keys, token, verifier } = await testIssuer()
  const another = await testIssuer()
  const unnamed = await token({}, { kid: undefined })
  await verifier().verify(`Bearer ${unnamed}`)
  for (const all of [
    [...keys.keys, ...another.keys.keys],
    [...another.keys.keys, ...keys.keys],
    [...another.keys.keys, ...keys.keys].map(({ kid: _named, ...key }) => key)
  ])
    await verifier({ keys: jwks({ keys: all }) }).verify(`Bearer ${unnamed}`)
  const none = verifier({ keys: jwks(another.keys) }).verify(`Bearer ${unnamed}`)
  await expect(none).rejects.toMatchObject({ reason: 'bad_signature' })
})

test('R11 two keys of one name, and the same key twice, are tried one after the other', async () => {
  const { keys, token, verifier } = await testIssuer()
  const another = await testIssuer()
  for (const all of [
    [...another.keys.keys, ...keys.keys],
    [...keys.keys, ...keys.keys],
    [...another.keys.keys, ...another.keys.keys, ...keys.keys, ...keys.keys]
  ])
    await verifier({ keys: jwks({ keys: all }) }).verify(`Bearer ${await token()}`)
  const stranger = await testIssuer()
  const both = verifier({ keys: jwks({ keys: [...keys.keys, ...another.keys.keys] }) })
  await expect(both.verify(`Bearer ${await stranger.token()}`)).rejects.toMatchObject({ reason: 'bad_signature' })
})

test('R11 eight keys are tried for one token and no more', async () => {
  const { keys, token, verifier } = await testIssuer()
  const strangers = await Promise.all(Array.from({ length: 8 }, async () => (await testIssuer()).keys.keys))
  const many = (at: number) => jwks({ keys: strangers.flat().toSpliced(at, 0, ...keys.keys) })
  await verifier({ keys: many(7) }).verify(`Bearer ${await token()}`)
  await expect(verifier({ keys: many(8) }).verify(`Bearer ${await token()}`)).rejects.toMatchObject({
    reason: 'bad_signature'
  })
})

test('N7 where keys have no names, a key that is new is asked for when none of the others fits', async () => {
  const { clock, server, verifier, authorization } = await road()
  const old = await (await fetch(server.jwksUri)).json()
  const nameless = (document: { keys: object[] }) => document.keys.map((key) => ({ ...key, kid: undefined }))
  server.faults.alter({ members: { keys: nameless(old as { keys: object[] }) } }, { at: 'jwks' })
  const by = await testIssuer()
  const mine = accessTokenVerifier({ issuer: server.issuer, audience, clock })
  const unnamed = `Bearer ${await by.token({ iss: server.issuer }, { kid: undefined })}`
  await expect(mine.verify(unnamed)).rejects.toMatchObject({ reason: 'bad_signature' })
  server.faults.clear()
  server.faults.alter(
    { members: { keys: [...nameless(old as { keys: object[] }), ...nameless(by.keys as never)] } },
    { at: 'jwks' }
  )
  await clock.advance(30_000)
  expect((await mine.verify(unnamed)).clientId).toBe('orders')
  await mine.close()
  await verifier.close()
  expect(await authorization()).toContain('Bearer')
})

test('R11 keys that were saved serve a process that starts while the issuer is away', async () => {
  const { clock, server, verifier, authorization } = await road()
  expect(verifier.keys.export()).toBeUndefined()
  const token = await authorization()
  await verifier.verify(token)
  const saved = JSON.parse(JSON.stringify(verifier.keys.export()))
  expect(saved).toEqual({ issuer: server.issuer, fetchedAt: clock.wallTime(), keys: [expect.any(Object)] })
  server.faults.down()
  await clock.advance(hour)
  const started = () => accessTokenVerifier({ issuer: server.issuer, audience, clock, savedKeys: saved })
  expect((await started().verify(token)).clientId).toBe('orders')
  await clock.advance(23 * hour)
  await expect(started().verify(token)).rejects.toMatchObject({ code: 'ERR_KEYS_UNAVAILABLE' })
})

test('R24 a key that was saved and withdrawn since is not accepted while the issuer answers', async () => {
  const { clock, server, verifier, authorization } = await road()
  const token = await authorization()
  await verifier.verify(token)
  const savedKeys = verifier.keys.export()
  await server.rotateKeys({ overlap: 0 })
  await clock.advance(hour)
  const started = accessTokenVerifier({ issuer: server.issuer, audience, clock, ...(savedKeys && { savedKeys }) })
  await expect(started.verify(token)).rejects.toMatchObject({ reason: 'unknown_key' })
  await started.close()
})

test.each<[string, unknown, RegExp]>([
  ['of another issuer', { issuer: 'https://evil.internal', fetchedAt: 0, keys: [] }, /another issuer/],
  ['that are none', { issuer, fetchedAt: '0', keys: [] }, /are not saved keys/],
  ['that are a JWK Set', { keys: [] }, /are not saved keys/],
  ['that hold more', { issuer, fetchedAt: 0, keys: [], url: 'x' }, /savedKeys\.url is not an option/]
])('R24 saved keys %s are refused at the start', (_what, savedKeys, message) => {
  expect(() => accessTokenVerifier({ issuer, audience, savedKeys: savedKeys as never })).toThrow(message)
})

test('R19 a key for encryption, or for signing only, verifies nothing', async () => {
  const { keys, token, verifier } = await testIssuer()
  for (const changes of [{ use: 'enc' }, { key_ops: ['sign'] }, { alg: 'ES384' }, { kty: 'oct', k: 'c2VjcmV0' }]) {
    const unfit = jwks({ keys: keys.keys.map((key) => ({ ...key, ...changes })) })
    await expect(verifier({ keys: unfit }).verify(`Bearer ${await token()}`)).rejects.toMatchObject({
      reason: 'unknown_key'
    })
  }
})

const long = 'a secret of more than sixty-four bytes, as HS512 asks for, and then some more'

test.each([
  ['HS256', 32, true],
  ['HS384', 47, false],
  ['HS384', 48, true],
  ['HS512', 63, false],
  ['HS512', 64, true]
])('R22 a shared secret can be used for %s with %i bytes: %s', async (alg, bytes, good) => {
  const { clock, claims } = await testIssuer()
  const secret = long.slice(0, bytes)
  const verifier = accessTokenVerifier({ issuer, audience, clock, keys: sharedSecret(secret) })
  if (good) expect(await hmacAccepted(verifier, alg, secret, claims)).toBe('orders')
  else expect(await hmacAccepted(verifier, alg, secret, claims)).toBe('algorithm_not_allowed')
})

/** The client of a token that is signed with the secret, or the reason of its refusal. jose signs with no short secret, so this does. */
function hmacAccepted(verifier: AccessTokenVerifier, alg: string, secret: string, claims: object): Promise<string> {
  const parts = [{ alg, typ: 'at+jwt' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
  const mac = createHmac(alg.replace('HS', 'sha'), secret).update(parts.join('.')).digest('base64url')
  return verifier.verify(`Bearer ${parts.join('.')}.${mac}`).then(
    ({ clientId }) => clientId,
    ({ reason }) => reason
  )
}

test('R22 a shared secret is taken where it was chosen, and nothing else with it', async () => {
  const { clock, claims, token } = await testIssuer()
  const secret = 'a secret of more than thirty-two bytes'
  const verifier = accessTokenVerifier({ issuer, audience, clock, keys: sharedSecret(secret) })
  expect(await hmacAccepted(verifier, 'HS256', secret, claims)).toBe('orders')
  expect(await hmacAccepted(verifier, 'HS256', `${secret}!`, claims)).toBe('bad_signature')
  expect(await hmacAccepted(verifier, 'HS256', secret.slice(0, -1), claims)).toBe('bad_signature')
  await expect(verifier.verify(`Bearer ${await token()}`)).rejects.toMatchObject({ reason: 'algorithm_not_allowed' })
})

test('R22 two shared secrets are accepted while one replaces the other', async () => {
  const { clock, claims } = await testIssuer()
  const [current, previous] = ['the current secret, of forty-eight bytes at least', 'the previous secret, of 32 bytes']
  for (const keys of [sharedSecret(current, previous), sharedSecret([current, previous])]) {
    const verifier = accessTokenVerifier({ issuer, audience, clock, keys })
    expect(await hmacAccepted(verifier, 'HS256', current, claims)).toBe('orders')
    expect(await hmacAccepted(verifier, 'HS256', previous, claims)).toBe('orders')
    expect(await hmacAccepted(verifier, 'HS384', current, claims)).toBe('orders')
    expect(await hmacAccepted(verifier, 'HS384', previous, claims)).toBe('bad_signature')
    expect(await hmacAccepted(verifier, 'HS256', 'another secret, of more than 32 bytes', claims)).toBe('bad_signature')
  }
  expect(() => sharedSecret([])).toThrow(/needs a secret/)
  expect(() => sharedSecret(7 as never)).toThrow(/text or bytes/)
})

test.each(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'])(
  'R11 a public key, and one in a set, verify %s',
  async (alg) => {
    const { clock, claims } = await testIssuer()
    const { privateKey, publicKey: key } = await generateKeyPair(alg, { extractable: true })
    const token = await new SignJWT(claims).setProtectedHeader({ alg, typ: 'at+jwt' }).sign(privateKey)
    const jwk = await exportJWK(key)
    for (const keys of [
      publicKey(key),
      publicKey(jwk as never),
      jwks({ keys: [jwk] }),
      jwks({ keys: [{ ...jwk, alg }] })
    ]) {
      const verifier = accessTokenVerifier({ issuer, audience, clock, keys })
      expect((await verifier.verify(`Bearer ${token}`)).clientId).toBe('orders')
      const spoiled = token.replace(/\.[^.]{4}/g, '.AAAA')
      await expect(verifier.verify(`Bearer ${spoiled}`)).rejects.toMatchObject({ status: 401 })
    }
  }
)

test('R11 several public keys are accepted while one replaces the other', async () => {
  const [current, previous, stranger] = [
    await testIssuer('ES256'),
    await testIssuer('RS256'),
    await testIssuer('ES256')
  ]
  const keys = publicKey(current.publicKey, previous.publicKey)
  for (const by of [current, previous]) await by.verifier({ keys }).verify(`Bearer ${await by.token()}`)
  await expect(stranger.verifier({ keys }).verify(`Bearer ${await stranger.token()}`)).rejects.toMatchObject({
    reason: 'bad_signature'
  })
  expect(() => publicKey([] as never)).toThrow(/needs a key/)
})

test('R19 a JWK that names its algorithm cannot be used for another one', async () => {
  const rsa = await testIssuer('RS256')
  const jwk = { ...rsa.publicKey.export({ format: 'jwk' }), alg: 'RS512' }
  await expect(rsa.verifier({ keys: publicKey(jwk) }).verify(`Bearer ${await rsa.token()}`)).rejects.toMatchObject({
    reason: 'algorithm_not_allowed'
  })
  await expect(
    rsa.verifier({ keys: jwks({ keys: [jwk as never] }) }).verify(`Bearer ${await rsa.token()}`)
  ).rejects.toMatchObject({
    reason: 'unknown_key'
  })
  expect(() => publicKey({ ...jwk, alg: 'ES256' })).toThrow(/does not fit its key type/)
})

test('R25 a private key that somebody published verifies nothing', async () => {
  const { clock, claims } = await testIssuer()
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const token = await new SignJWT(claims).setProtectedHeader({ alg: 'ES256', typ: 'at+jwt' }).sign(privateKey)
  const keys = jwks({ keys: [await exportJWK(privateKey)] })
  await expect(accessTokenVerifier({ issuer, audience, clock, keys }).verify(`Bearer ${token}`)).rejects.toMatchObject({
    reason: 'unknown_key'
  })
})

test('R11 the caller’s keys are copied: what is changed later changes nothing', async () => {
  const { keys, token, verifier } = await testIssuer()
  const mine = structuredClone(keys)
  const source = jwks(mine)
  mine.keys.length = 0
  const verified = await verifier({ keys: source }).verify(`Bearer ${await token()}`)
  expect(verified.clientId).toBe('orders')
})
