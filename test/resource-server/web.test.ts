import { fileURLToPath } from 'node:url'
import vm from 'node:vm'
import { build } from 'rolldown'
import { beforeAll, expect, test } from 'vitest'
import { webSender } from '../../src/resource-server/web/sender.ts'
import { collectGarbage } from '../support/garbage.ts'
import { listen } from '../support/road.ts'
import { audience, issuer, testIssuer } from './issuer.ts'

/** The entry and jose as one script, as a bundler for an edge runtime makes it. */
let code: string

beforeAll(async () => {
  const { output } = await build({
    input: fileURLToPath(new URL('../../src/resource-server/web/index.ts', import.meta.url)),
    platform: 'browser',
    write: false,
    logLevel: 'warn',
    output: { format: 'iife', name: 'entry' }
  })
  code = output.map((chunk) => ('code' in chunk ? chunk.code : '')).join('')
})

/** What an edge runtime has. Neither Buffer nor process nor require is among it. */
function edge(fetch: typeof globalThis.fetch): typeof import('../../src/resource-server/web/index.ts') {
  const platform = { atob, btoa, crypto, CryptoKey: globalThis.crypto.subtle.constructor, TextDecoder, TextEncoder }
  const web = { URL, Headers, Request, Response, AbortController, AbortSignal, performance, setTimeout, clearTimeout }
  const context = vm.createContext({ ...platform, ...web, Uint8Array, fetch, structuredClone })
  vm.runInContext(`${code}; globalThis.entry = entry`, context)
  return context.entry
}

const offline: typeof fetch = () => Promise.reject(new Error('offline'))

test('the entry for edge runtimes, bundled, asks Node for nothing', () => {
  expect(code).not.toMatch(/["'`]node:|\brequire\(/)
})

test.each(['RS256', 'ES256', 'EdDSA'] as const)('R11 a %s token is verified in a context without Node', async (alg) => {
  const by = await testIssuer(alg)
  const { accessTokenVerifier, jwks, scopes } = edge(offline)
  const verifier = accessTokenVerifier({ issuer, audience, keys: jwks(by.keys), clock: by.clock })
  const good = new Request(audience, { headers: { authorization: `Bearer ${await by.token()}` } })
  expect((await verifier.authorize(good, scopes('read_user'))).clientId).toBe('orders')
  for (const [changes, header, reason] of [
    [{ aud: 'x' }, {}, 'wrong_audience'],
    [{ exp: 1, iat: 0 }, {}, 'expired'],
    [{}, { typ: 'JWT' }, 'wrong_type'],
    [{ cnf: { jkt: 'x' } }, {}, 'unknown_binding']
  ] as const)
    await expect(verifier.verify(`Bearer ${await by.token(changes, header)}`)).rejects.toMatchObject({ reason })
  const forged = `Bearer ${await (await testIssuer(alg)).token()}`
  await expect(verifier.verify(forged)).rejects.toMatchObject({ reason: 'bad_signature' })
})

test('R45 keys are found by the issuer there too, and a refusal is answered in a Response', async () => {
  const by = await testIssuer()
  const asked: string[] = []
  const { accessTokenVerifier, answerFor, scopes } = edge(async (url) => {
    asked.push(String(url))
    const document = String(url).endsWith('/keys') ? by.keys : { issuer, jwks_uri: `${issuer}/keys` }
    return Response.json(document)
  })
  const verifier = accessTokenVerifier({ issuer, audience, clock: by.clock })
  const token = `Bearer ${await by.token()}`
  await verifier.verify(token)
  await verifier.verify(token)
  expect(asked).toEqual([`${issuer}/.well-known/oauth-authorization-server`, `${issuer}/keys`])
  const refusal = await verifier.authorize(token, scopes('write_user')).catch((error: unknown) => error)
  expect(answerFor(refusal)).toMatchObject({
    status: 403,
    headers: { 'www-authenticate': `Bearer realm="${audience}", scope="write_user", error="insufficient_scope"` }
  })
})

test('R11 an issuer that is away, or answers without end, does not accept any token', async () => {
  const by = await testIssuer()
  const endless: typeof fetch = async () =>
    new Response('x'.repeat(600 * 1024), { headers: { 'content-type': 'application/json' } })
  for (const fetch of [offline, endless]) {
    const { accessTokenVerifier } = edge(fetch)
    const verifier = accessTokenVerifier({ issuer, audience, clock: by.clock })
    await expect(verifier.verify(`Bearer ${await by.token()}`)).rejects.toMatchObject({ code: 'ERR_KEYS_UNAVAILABLE' })
  }
})

test('an issuer that never answers is given up in time, also if garbage is collected meanwhile', async () => {
  const url = await listen(() => {})
  const sender = webSender(fetch)
  collectGarbage()
  const failure = await sender.send({ method: 'GET', url, headers: {}, timeout: 300 }).catch((error) => error)
  expect(failure).toMatchObject({ code: 'ERR_TIMEOUT', transient: true })
  await sender.close()
})
