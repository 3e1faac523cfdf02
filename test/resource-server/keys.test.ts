import { randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import { expect, test } from 'vitest'
import type { Faults } from '../../src/authorization-server/index.ts'
import { accessTokenVerifier, jwks, jwksUri, publicKey, sharedSecret } from '../../src/resource-server/index.ts'
import { audience, issuer, testIssuer } from './issuer.ts'
import { road } from './road.ts'

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
    transient: true,
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
    cause: { message: 'The metadata of the issuer names no usable jwks_uri.' }
  })
})

test.each<[string, (faults: Faults) => void]>([
  ['a redirect', (faults) => faults.redirect('https://evil.internal/jwks', 302, { at: 'jwks' })],
  ['an error', (faults) => faults.answer({ status: 500 }, { at: 'jwks' })],
  ['a page', (faults) => faults.answer({ headers: { 'content-type': 'text/html' }, body: '<html>' }, { at: 'jwks' })],
  ['a list without keys', (faults) => faults.answer({ body: [] }, { at: 'jwks' })],
  ['keys that are none', (faults) => faults.answer({ body: { keys: 'x' } }, { at: 'jwks' })],
  ['null', (faults) => faults.answer({ body: 'null' }, { at: 'jwks' })],
  ['a document over 64 KiB', (faults) => faults.answer({ body: { keys: [], x: 'x'.repeat(65_536) } }, { at: 'jwks' })],
  ['a reset', (faults) => faults.reset({ at: 'jwks' })],
  ['a server that is down', (faults) => faults.down()]
])('R11 %s in place of keys is nobody’s permission, and is asked for again after five seconds', async (_what, fail) => {
  const { clock, server, verifier, authorization } = await road()
  const token = await authorization()
  fail(server.faults)
  const refusal = { code: 'ERR_KEYS_UNAVAILABLE', transient: true, retryAfter: 5000 }
  await expect(verifier.verify(token)).rejects.toMatchObject(refusal)
  server.faults.clear()
  await expect(verifier.verify(token)).rejects.toMatchObject(refusal)
  await clock.advance(5000)
  expect((await verifier.verify(token)).clientId).toBe('orders')
})

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

test('R11 nobody waits while the keys are fetched again', async () => {
  const { clock, server, verifier, authorization } = await road()
  const token = await authorization()
  await verifier.verify(token)
  await clock.advance(10 * minute)
  server.faults.hang({ at: 'jwks' })
  await verifier.verify(token)
  await verifier.verify(await authorization())
  while (server.requests.count('jwks') < 2) await new Promise((resolve) => setImmediate(resolve))
})

test('N7 a new key is known as soon as a token names it', async () => {
  const { clock, server, verifier, authorization } = await road()
  await verifier.verify(await authorization())
  await clock.advance(minute)
  await server.rotateKeys()
  const tokens = await Promise.all(Array.from({ length: 10 }, authorization))
  await Promise.all(tokens.map((token) => verifier.verify(token)))
  expect(server.requests.count('jwks')).toBe(2)
})

test('N7 a key that is new within seconds is known half a minute later, and not forgotten meanwhile', async () => {
  const { clock, server, verifier, authorization } = await road()
  await verifier.verify(await authorization())
  await server.rotateKeys()
  const token = await authorization()
  await expect(verifier.verify(token)).rejects.toMatchObject({ reason: 'unknown_key' })
  await clock.advance(30_000)
  await verifier.verify(token)
})

test('R24 a key that was taken away counts no more, for tokens that were verified with it neither', async () => {
  const { clock, server, verifier, authorization } = await road()
  const token = await authorization()
  await verifier.verify(token)
  await server.rotateKeys({ overlap: 0 })
  await clock.advance(10 * minute)
  await verifier.verify(token) // starts the fetch
  while (server.requests.count('jwks') < 2) await new Promise((resolve) => setImmediate(resolve))
  await expect.poll(() => verifier.verify(token).catch(({ reason }) => reason)).toBe('unknown_key')
})

test('R25 whoever makes up names of keys has the issuer asked twice a minute at most', async () => {
  const { clock, server, verifier, authorization } = await road()
  await verifier.verify(await authorization())
  for (let halfMinutes = 0; halfMinutes < 4; halfMinutes++) {
    await clock.advance(30_000)
    for (let calls = 0; calls < 5; calls++)
      await expect(verifier.verify(await tokenOfUnknownKey())).rejects.toMatchObject({ reason: 'unknown_key' })
  }
  expect(server.requests.count('jwks')).toBe(5)
})

test('R25 the issuer is asked about one unknown name every five minutes, or when its keys changed', async () => {
  const { clock, server, verifier, authorization } = await road()
  const unknown = await tokenOfUnknownKey('nobody')
  const refused = () => expect(verifier.verify(unknown)).rejects.toMatchObject({ reason: 'unknown_key' })
  await verifier.verify(await authorization())
  const counts: number[] = []
  for (let minutes = 0; minutes < 7; minutes++) {
    await clock.advance(minute)
    await refused()
    counts.push(server.requests.count('jwks'))
  }
  expect(counts).toEqual([2, 2, 2, 2, 2, 3, 3])
  await server.rotateKeys()
  await verifier.verify(await authorization())
  await clock.advance(30_000)
  await refused()
  expect(server.requests.count('jwks')).toBe(5)
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

test('R11 a token without the name of a key is verified when one key alone fits', async () => {
  const { keys, token, verifier } = await testIssuer()
  const another = await testIssuer()
  await verifier().verify(`Bearer ${await token({}, { kid: undefined })}`)
  const two = jwks({ keys: [...keys.keys, ...another.keys.keys] })
  await expect(verifier({ keys: two }).verify(`Bearer ${await token()}`)).rejects.toMatchObject({
    reason: 'unknown_key'
  })
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

test('R22 a shared secret is taken where it was chosen, and nothing else with it', async () => {
  const { clock, claims, token } = await testIssuer()
  const secret = 'a secret of more than thirty-two bytes'
  const verifier = accessTokenVerifier({ issuer, audience, clock, keys: sharedSecret(secret) })
  const sign = (text: string) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' }).sign(Buffer.from(text))
  expect((await verifier.verify(`Bearer ${await sign(secret)}`)).clientId).toBe('orders')
  await expect(verifier.verify(`Bearer ${await sign(`${secret}!`)}`)).rejects.toMatchObject({ reason: 'bad_signature' })
  await expect(verifier.verify(`Bearer ${await token()}`)).rejects.toMatchObject({ reason: 'algorithm_not_allowed' })
})

test('R11 the caller’s keys are copied: what is changed later changes nothing', async () => {
  const { keys, token, verifier } = await testIssuer()
  const mine = structuredClone(keys)
  const source = jwks(mine)
  mine.keys.length = 0
  await verifier({ keys: source }).verify(`Bearer ${await token()}`)
})
