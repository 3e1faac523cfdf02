import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose'
import { expect, test } from 'vitest'
import { ProofCheck } from '../../src/resource-server/dpop/proof-check.ts'
import { type AccessTokenVerifierOptions, authenticated, type TokenCarrier } from '../../src/resource-server/index.ts'
import { manualClock } from '../../src/testing/index.ts'
import { audience, testIssuer } from './issuer.ts'
import { ath, proofSigner, target } from './proofs.ts'

const by = await testIssuer()
const seconds = () => by.clock.wallTime() / 1000
const client = await proofSigner('ES256', seconds)
const thief = await proofSigner('ES256', seconds)
const token = await by.token({ cnf: { jkt: client.jkt } })
const free = await by.token()
const challenge = `DPoP realm="${audience}"`
const algs = 'algs="ES256"'

const speaking = (options: Partial<AccessTokenVerifierOptions> = {}) =>
  by.verifier({ dpop: { tokens: 'accepted', algorithms: ['ES256'] }, ...options })
const good = () => client.proof({ ath: ath(token) })

function request(proof: string | undefined, { method = 'GET', url = target, authorization = `DPoP ${token}` } = {}) {
  return new Request(url, { method, headers: { authorization, ...(proof !== undefined && { dpop: proof }) } })
}

test('a bound token with a proof for this request is accepted, and can come again with another proof', async () => {
  const verifier = speaking()
  for (let times = 0; times < 3; times++)
    expect(await verifier.verify(request(good()))).toMatchObject({ clientId: 'orders' })
})

test.each(['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519', 'RS256', 'PS256', 'PS384'])(
  'a proof may be signed with %s',
  async (alg) => {
    const other = await proofSigner(alg, seconds)
    const bound = await by.token({ cnf: { jkt: other.jkt } })
    const proven = request(other.proof({ ath: ath(bound) }), { authorization: `DPoP ${bound}` })
    expect(await by.verifier({ dpop: 'required' }).verify(proven)).toMatchObject({ clientId: 'orders' })
  }
)

const shared = await proofSigner('RS256', seconds)
const weak = await generateKeyPair('RS256', { modulusLength: 2048, extractable: true })
const parts = (text: string) => text.split('.') as [string, string, string]
const text = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const header = { typ: 'dpop+jwt', alg: 'ES256', jwk: client.jwk }
const claims = () => ({ jti: crypto.randomUUID(), htm: 'GET', htu: target, iat: seconds(), ath: ath(token) })

test.each<[string, () => string, string]>([
  ['1: several proofs in one field', () => `${good()}, ${good()}`, 'several_proofs'],
  ['2: no JWT', () => 'x', 'malformed_proof'],
  ['2: nothing', () => '', 'malformed_proof'],
  ['2: two parts', () => parts(good()).slice(0, 2).join('.'), 'malformed_proof'],
  ['2: four parts', () => `${good()}.x`, 'malformed_proof'],
  ['2: padding', () => `${good()}=`, 'malformed_proof'],
  ['2: a signature with bits to spare', () => `${good()}B`, 'malformed_proof'],
  ['2: a header that is no JSON', () => client.signed('{', JSON.stringify(claims())), 'malformed_proof'],
  ['2: a header that is a list', () => client.signed('[]', JSON.stringify(claims())), 'malformed_proof'],
  ['2: claims that are no JSON', () => client.signed(JSON.stringify(header), '{'), 'malformed_proof'],
  [
    '2: a claim twice',
    () => client.signed(JSON.stringify(header), JSON.stringify(claims()).replace('{', '{"htm":"POST",')),
    'malformed_proof'
  ],
  ['2: more than 8 KiB', () => client.proof({ ath: ath(token), more: 'x'.repeat(8192) }), 'malformed_proof'],
  ['2: a critical extension', () => client.proof({ ath: ath(token) }, { crit: ['exp'] }), 'malformed_proof'],
  ...['jti', 'htm', 'htu', 'iat'].flatMap((claim): [string, () => string, string][] => [
    [`3: no ${claim}`, () => client.proof({ ath: ath(token), [claim]: undefined }), 'malformed_proof'],
    [`3: ${claim} of another kind`, () => client.proof({ ath: ath(token), [claim]: ['x'] }), 'malformed_proof'],
    [`3: ${claim} is null`, () => client.proof({ ath: ath(token), [claim]: null }), 'malformed_proof']
  ]),
  ['3: an empty jti', () => client.proof({ ath: ath(token), jti: '' }), 'malformed_proof'],
  ['3: R39 a jti of 257 letters', () => client.proof({ ath: ath(token), jti: 'x'.repeat(257) }), 'malformed_proof'],
  ['3: a time that is a text', () => client.proof({ ath: ath(token), iat: String(seconds()) }), 'malformed_proof'],
  ['4: no type', () => client.proof({ ath: ath(token) }, { typ: undefined }), 'malformed_proof'],
  ['4: the type JWT', () => client.proof({ ath: ath(token) }, { typ: 'JWT' }), 'malformed_proof'],
  ['4: the type of an access token', () => client.proof({ ath: ath(token) }, { typ: 'at+jwt' }), 'malformed_proof'],
  ['5: no algorithm', () => client.proof({ ath: ath(token) }, { alg: undefined }), 'proof_algorithm'],
  [
    '5: no signature',
    () => `${text({ ...header, alg: 'none' })}.${text(claims())}.${parts(good())[2]}`,
    'proof_algorithm'
  ],
  ['5: a shared secret', () => client.proof({ ath: ath(token) }, { alg: 'HS256' }), 'proof_algorithm'],
  ['5: an algorithm that is not on the list', () => shared.proof({ ath: ath(token) }), 'proof_algorithm'],
  ['5: a name that objects inherit', () => client.proof({ ath: ath(token) }, { alg: 'toString' }), 'proof_algorithm'],
  [
    '6: a signature of another proof',
    () => [...parts(good()).slice(0, 2), parts(good())[2]].join('.'),
    'bad_proof_signature'
  ],
  [
    '6: claims that were changed',
    () => [parts(good())[0], text({ ...claims(), more: 1 }), parts(good())[2]].join('.'),
    'bad_proof_signature'
  ],
  ['6: signed by somebody else', () => thief.proof({ ath: ath(token) }, { jwk: client.jwk }), 'bad_proof_signature'],
  ['7: a private key', () => client.proof({ ath: ath(token) }, { jwk: client.privateJwk }), 'wrong_proof_key'],
  ...['p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'].map((member): [string, () => string, string] => [
    `7: a key with the private member ${member}`,
    () => client.proof({ ath: ath(token) }, { jwk: { ...client.jwk, [member]: 'AQ' } }),
    'wrong_proof_key'
  ]),
  ['7: no key', () => client.proof({ ath: ath(token) }, { jwk: undefined }), 'wrong_proof_key'],
  ['7: a key that is a text', () => client.proof({ ath: ath(token) }, { jwk: client.jkt }), 'wrong_proof_key'],
  ['7: a key of another kind', () => client.proof({ ath: ath(token) }, { jwk: shared.jwk }), 'wrong_proof_key'],
  [
    '7: half a key',
    () => client.proof({ ath: ath(token) }, { jwk: { ...client.jwk, y: undefined } }),
    'wrong_proof_key'
  ],
  [
    '7: a key for another algorithm',
    () => client.proof({ ath: ath(token) }, { jwk: { ...client.jwk, alg: 'ES384' } }),
    'wrong_proof_key'
  ],
  ['8: another method', () => client.proof({ ath: ath(token), htm: 'POST' }), 'proof_of_another_request'],
  ['8: the method in small letters', () => client.proof({ ath: ath(token), htm: 'get' }), 'proof_of_another_request'],
  ...[
    'https://users.internal/users/8',
    'https://users.internal/users/7/',
    'https://users.internal',
    'https://users.internal.evil/users/7',
    'http://users.internal/users/7',
    'https://users.internal:8443/users/7',
    'https://orders.internal/users/7',
    'https://x@users.internal/users/7',
    'https:/users.internal/users/7',
    'https:users.internal/users/7',
    'https:///users.internal/users/7',
    'https://users.internal\\users\\7',
    'https://users.internal/users/\t7',
    ' https://users.internal/users/7',
    'https://users.internal/users%2F7',
    '/users/7',
    'users.internal/users/7',
    ''
  ].map((htu): [string, () => string, string] => [
    `9: the URL ${JSON.stringify(htu)}`,
    () => client.proof({ ath: ath(token), htu }),
    htu === '' ? 'malformed_proof' : 'proof_of_another_request'
  ]),
  ['11: made too early', () => client.proof({ ath: ath(token), iat: seconds() - 61 }), 'stale_proof'],
  ['11: made too late', () => client.proof({ ath: ath(token), iat: seconds() + 61 }), 'stale_proof'],
  ['11: made in milliseconds', () => client.proof({ ath: ath(token), iat: seconds() * 1000 }), 'stale_proof'],
  ['11: ended', () => client.proof({ ath: ath(token), exp: seconds() - 61 }), 'stale_proof'],
  ['11: not begun', () => client.proof({ ath: ath(token), nbf: seconds() + 61 }), 'stale_proof'],
  ['11: an end that is no number', () => client.proof({ ath: ath(token), exp: 'later' }), 'stale_proof'],
  ['12: no hash of the token', () => client.proof({}), 'proof_of_another_token'],
  ['12: a hash of another token', () => client.proof({ ath: ath(free) }), 'proof_of_another_token'],
  ['12: the token itself', () => client.proof({ ath: token }), 'proof_of_another_token'],
  ['12: another key', () => thief.proof({ ath: ath(token) }), 'wrong_proof_key']
])('R36 R37 check %s is refused', async (_what, make, reason) => {
  const verifier = speaking()
  const error = reason === 'wrong_proof_key' ? 'invalid_token' : 'invalid_dpop_proof'
  for (let known = 0; known < 2; known++) {
    await expect(verifier.verify(request(make()))).rejects.toMatchObject({
      reason,
      status: 401,
      code: 'ERR_TOKEN_REFUSED',
      challenge: `Bearer realm="${audience}", ${challenge}, error="${error}", ${algs}`
    })
    // The second time token and key are known.
    await verifier.verify(request(good()))
  }
})

test('R36 an RSA key of fewer than 2048 bits is refused', async () => {
  const jwk = await exportJWK(weak.publicKey)
  const short = { ...jwk, n: Buffer.alloc(128, 0xff).toString('base64url') }
  const bound = await by.token({ cnf: { jkt: await calculateJwkThumbprint(short) } })
  const proof = shared.proof({ ath: ath(bound) }, { jwk: short })
  const verifier = by.verifier({ dpop: 'accepted' })
  await expect(verifier.verify(request(proof, { authorization: `DPoP ${bound}` }))).rejects.toMatchObject({
    reason: 'wrong_proof_key'
  })
})

test.each([
  'https://users.internal/users/7?q=1#top',
  'HTTPS://USERS.internal/users/7',
  'https://users.internal:443/users/7',
  'https://users.internal/users/./x/../7',
  'https://users.internal/%75sers/7'
])('R36 check 9: %s is the same URL', async (htu) => {
  expect(await speaking().verify(request(client.proof({ ath: ath(token), htu })))).toMatchObject({ clientId: 'orders' })
})

test('R36 check 9: letters that are encoded compare without the case of their digits', async () => {
  const htu = `${target}/caf%c3%a9`
  const proven = request(client.proof({ ath: ath(token), htu }), { url: `${target}/caf%C3%A9` })
  expect(await speaking().verify(proven)).toMatchObject({ clientId: 'orders' })
})

test.each([-60, -5, 0, 5, 60])('R39 a proof may be %i seconds old', async (age) => {
  const proof = client.proof({ ath: ath(token), iat: seconds() - age })
  expect(await speaking().verify(request(proof))).toMatchObject({ clientId: 'orders' })
})

test('R39 a proof can be used once, and a hundred different proofs can arrive at once', async () => {
  const verifier = speaking()
  const proofs = Array.from({ length: 100 }, good)
  await Promise.all(proofs.map((proof) => verifier.verify(request(proof))))
  for (const proof of proofs)
    await expect(verifier.verify(request(proof))).rejects.toMatchObject({ reason: 'replayed_proof' })
})

test('R39 the same jti of another client is another proof', async () => {
  const verifier = speaking()
  const others = await by.token({ cnf: { jkt: thief.jkt } })
  await verifier.verify(request(client.proof({ ath: ath(token), jti: 'one' })))
  const proven = request(thief.proof({ ath: ath(others), jti: 'one' }), { authorization: `DPoP ${others}` })
  expect(await verifier.verify(proven)).toMatchObject({ clientId: 'orders' })
})

test('R39 a request that passes two guards uses its proof once', async () => {
  const verifier = speaking()
  const twice = request(good())
  await verifier.authorize(twice, authenticated())
  expect(await verifier.authorize(twice, authenticated())).toMatchObject({ clientId: 'orders' })
})

test('R37 a bound token without a proof is refused', async () => {
  await expect(speaking().verify(request(undefined))).rejects.toMatchObject({
    reason: 'no_proof',
    challenge: `Bearer realm="${audience}", ${challenge}, error="invalid_dpop_proof", ${algs}`
  })
})

test.each<[string, TokenCarrier]>([
  ['its header alone', `DPoP ${token}`],
  ['the headers of the platform', new Headers({ authorization: `DPoP ${token}`, dpop: good() })],
  ['plain headers', { headers: { authorization: `DPoP ${token}`, dpop: good() } }]
])(
  'R37 a bound token of which verify() gets %s is refused: nobody can say what the proof should be for',
  async (_what, carrier) => {
    await expect(speaking().verify(carrier)).rejects.toMatchObject({ reason: 'no_proof' })
  }
)

test('R38 a bound token that comes as Bearer is refused, with and without a proof', async () => {
  const verifier = speaking()
  await verifier.verify(request(good()))
  for (const proof of [undefined, good()])
    await expect(verifier.verify(request(proof, { authorization: `Bearer ${token}` }))).rejects.toMatchObject({
      reason: 'bound_as_bearer',
      challenge: `Bearer realm="${audience}", error="invalid_token", ${challenge}, ${algs}`
    })
})

test('an unbound token is refused under the scheme DPoP, whatever proof comes with it', async () => {
  const proven = request(client.proof({ ath: ath(free) }), { authorization: `DPoP ${free}` })
  await expect(speaking().verify(proven)).rejects.toMatchObject({ reason: 'unbound_token' })
  expect(await speaking().verify(`Bearer ${free}`)).toMatchObject({ clientId: 'orders' })
})

test('where DPoP is required, a Bearer token is refused, and the challenge names only DPoP', async () => {
  const verifier = speaking({ dpop: { tokens: 'required', algorithms: ['ES256'] } })
  expect(await verifier.verify(request(good()))).toMatchObject({ clientId: 'orders' })
  await expect(verifier.verify(`Bearer ${free}`)).rejects.toMatchObject({
    reason: 'unbound_token',
    challenge: `${challenge}, error="invalid_token", ${algs}`
  })
  await expect(verifier.verify(undefined)).rejects.toMatchObject({
    reason: 'no_token',
    challenge: `${challenge}, ${algs}`
  })
})

test('R41 who brings no token is told both schemes, and the algorithms of proofs', async () => {
  const both = `Bearer realm="${audience}", ${challenge}, ${algs}`
  await expect(speaking().verify(undefined)).rejects.toMatchObject({ reason: 'no_token', challenge: both })
})

test('R41 the missing scope is in the challenge for the scheme of the token', async () => {
  const nobody = { scope: ['admin'], allows: () => false }
  const error = 'scope="admin", error="insufficient_scope"'
  await expect(speaking().authorize(request(good()), nobody)).rejects.toMatchObject({
    challenge: `Bearer realm="${audience}", ${challenge}, ${error}, ${algs}`
  })
  await expect(speaking().authorize(`Bearer ${free}`, nobody)).rejects.toMatchObject({
    challenge: `Bearer realm="${audience}", ${error}, ${challenge}, ${algs}`
  })
})

test('R37 R38 without the option, DPoP is an unknown scheme, and a bound token is refused', async () => {
  const verifier = by.verifier()
  await expect(verifier.verify(request(good()))).rejects.toMatchObject({ reason: 'no_token' })
  const asBearer = request(good(), { authorization: `Bearer ${token}` })
  await expect(verifier.verify(asBearer)).rejects.toMatchObject({
    reason: 'unknown_binding',
    challenge: `Bearer realm="${audience}", error="invalid_token"`
  })
})

test('senderConstrained refuses a token that is bound to nothing, and takes one that is bound to a key', async () => {
  const verifier = speaking({ senderConstrained: true })
  expect(await verifier.verify(request(good()))).toMatchObject({ clientId: 'orders' })
  await expect(verifier.verify(`Bearer ${free}`)).rejects.toMatchObject({ reason: 'unbound_token' })
  await expect(by.verifier({ senderConstrained: true }).verify(`Bearer ${free}`)).rejects.toMatchObject({
    reason: 'unbound_token',
    challenge: `Bearer realm="${audience}", error="invalid_token"`
  })
})

test('a token that is bound to a key and a certificate needs both', async () => {
  const both = await by.token({ cnf: { jkt: client.jkt, 'x5t#S256': 'x' } })
  const proven = request(client.proof({ ath: ath(both) }), { authorization: `DPoP ${both}` })
  await expect(speaking().verify(proven)).rejects.toMatchObject({ reason: 'wrong_certificate' })
})

test.each<[string, unknown]>([
  ['no member', {}],
  ['null', null],
  ['a key that is no text', { jkt: 7 }],
  ['a member that nobody knows', { jkt: client.jkt, kid: 'x' }]
])('R37 a binding with %s is refused', async (_what, cnf) => {
  const odd = await by.token({ cnf })
  const proven = request(client.proof({ ath: ath(odd) }), { authorization: `DPoP ${odd}` })
  await expect(speaking().verify(proven)).rejects.toMatchObject({ reason: 'unknown_binding' })
})

test.each<[string, Record<string, unknown>, RegExp]>([
  ['another word', { dpop: 'yes' }, /^dpop must be one of accepted, required\./],
  ['a boolean', { dpop: true }, /^dpop must be a string or an object, but is a boolean/],
  ['an unknown member', { dpop: { tokens: 'accepted', algs: [] } }, /^dpop\.algs is not an option/],
  ['no mode', { dpop: {} }, /^dpop\.tokens must be one of accepted, required\./],
  [
    'a shared secret',
    { dpop: { tokens: 'accepted', algorithms: ['HS256'] } },
    /^dpop\.algorithms contains one that is not asym/
  ],
  ['no algorithm', { dpop: { tokens: 'accepted', algorithms: [] } }, /^dpop\.algorithms must be an array of strings/],
  ['a window of a day', { dpop: { tokens: 'accepted', window: 86_400_000 } }, /^dpop\.window is out of range/],
  ['no window', { dpop: { tokens: 'accepted', window: 0 } }, /^dpop\.window is out of range/],
  ['a path as URL', { dpop: 'accepted', externalUrl: '/users' }, /^externalUrl is not an http or https URL/],
  ['a URL with a query', { dpop: 'accepted', externalUrl: 'https://a?b' }, /^externalUrl is not an http or https URL/],
  [
    'a URL with a password',
    { dpop: 'accepted', externalUrl: 'https://a:b@c' },
    /^externalUrl is not an http or https URL/
  ],
  ['no URL', { dpop: 'accepted', externalUrl: [] }, /^externalUrl is an empty list/],
  ['a URL without DPoP', { externalUrl: 'https://a' }, /^externalUrl only works with dpop/],
  ['a text', { senderConstrained: 'yes' }, /^senderConstrained must be true or false, but is a string/]
])('%s is refused', (_what, options, message) => {
  expect(() => by.verifier(options as Partial<AccessTokenVerifierOptions>)).toThrow(message)
})

// RFC 9449 §4.1 and §7.1.
const rfc = {
  now: 1_562_262_618_000,
  token: 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU',
  thumbprint: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I',
  url: 'https://resource.example.org/protectedresource',
  proof: [
    'eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19',
    'eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9',
    '2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA'
  ].join('.')
}

test('R36 the proof of RFC 9449 §7.1 verifies, with its hash of the token and its thumbprint, and once', () => {
  const proofs = new ProofCheck(
    { algorithms: ['ES256'], window: 1000, nonces: undefined },
    manualClock({ now: rfc.now })
  )
  const received = () => ({ proof: rfc.proof, method: 'GET', urls: [rfc.url], identity: {} })
  proofs.check(received(), rfc)
  expect(() => proofs.check(received(), rfc)).toThrow('The proof was used before.')
  expect(() => proofs.check(received(), { ...rfc, token: free })).toThrow('The proof is for another token.')
})
