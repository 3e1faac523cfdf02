import { createHmac, createSign, generateKeyPairSync } from 'node:crypto'
import { CompactEncrypt, exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose'
import { expect, test } from 'vitest'
import {
  type AccessTokenVerifier,
  acceptPlainJwt,
  isClientToken,
  jwks,
  type RefusalReason,
  roleClaims
} from '../../src/resource-server/index.ts'
import { audience, issuer, testIssuer } from './issuer.ts'

const es256 = await testIssuer()
const { clock, token, signed, verifier, claims, header } = es256

async function expectRefused(bad: string, reason: RefusalReason, by: AccessTokenVerifier = verifier()): Promise<void> {
  const refusal = by.verify(`Bearer ${bad}`)
  await expect(refusal).rejects.toMatchObject({ name: 'TokenRefusedError', reason, status: 401, transient: false })
  // R15: the caller gets the same answer for every reason.
  await expect(refusal).rejects.toMatchObject({ challenge: `Bearer realm="${audience}", error="invalid_token"` })
}

test.each(['RS256', 'ES256', 'EdDSA'] as const)(
  'R13 a good %s token tells who calls, and what they may',
  async (alg) => {
    const by = await testIssuer(alg)
    expect(await by.verifier().verify(`Bearer ${await by.token()}`)).toEqual({
      issuer,
      clientId: 'orders',
      subject: 'orders',
      actsFor: 'itself',
      audience: [audience],
      scope: ['read_user', 'list_user'],
      roles: ['reader'],
      expiresAt: by.clock.wallTime() + 3_600_000,
      claims: by.claims
    })
  }
)

test.each(['at+jwt', 'application/at+jwt', 'AT+JWT', 'Application/At+Jwt'])(
  'R8 the type %s is that of an access token',
  async (typ) => {
    await verifier().verify(`Bearer ${await token({}, { typ })}`)
  }
)

test.each([undefined, '', 'JWT', 'at+jwtx', 'text/at+jwt', 'client-authentication+jwt', 'dpop+jwt', 'logout+jwt'])(
  'R8 R26 a token of type %s is none of ours',
  async (typ) => expectRefused(await token({}, { typ }), 'wrong_type')
)

test('R8 tokens of a server that names no type are taken when somebody decided so, and other kinds of token never', async () => {
  const plain = verifier({ [acceptPlainJwt]: true })
  for (const typ of ['JWT', 'jwt', undefined, 'at+jwt'])
    await plain.verify(`Bearer ${await token({ jti: undefined }, { typ })}`)
  for (const typ of ['client-authentication+jwt', 'dpop+jwt'])
    await expectRefused(await token({}, { typ }), 'wrong_type', plain)
})

test.each<[string, Record<string, unknown>, RefusalReason]>([
  ['R9 another issuer', { iss: 'https://evil.internal' }, 'wrong_issuer'],
  ['R9 an issuer with a slash more', { iss: `${issuer}/` }, 'wrong_issuer'],
  ['R9 an issuer in other case', { iss: 'https://AUTH.internal' }, 'wrong_issuer'],
  ['R9 several issuers, ours among them', { iss: [issuer] }, 'missing_claim'],
  ['R10 another audience', { aud: 'https://orders.internal' }, 'wrong_audience'],
  ['R10 an audience that begins like ours', { aud: `${audience}.evil.internal` }, 'wrong_audience'],
  ['R10 an audience that ours begins like', { aud: 'https://users' }, 'wrong_audience'],
  ['R10 an audience with ours inside', { aud: `x ${audience}` }, 'wrong_audience'],
  ['R10 no audience', { aud: undefined }, 'missing_claim'],
  ['R10 an empty list of audiences', { aud: [] }, 'wrong_audience'],
  ['R10 a list with ours and a number', { aud: [audience, 1] }, 'missing_claim'],
  ['R10 an object of audiences', { aud: { [audience]: true } }, 'missing_claim'],
  ['R12 no end', { exp: undefined }, 'missing_claim'],
  ['R12 an end as text', { exp: '2000000000' }, 'missing_claim'],
  ['R12 an end that is null', { exp: null }, 'missing_claim'],
  ['R14 no issuer', { iss: undefined }, 'missing_claim'],
  ['R14 no subject', { sub: undefined }, 'missing_claim'],
  ['R14 a subject that is a number', { sub: 7 }, 'missing_claim'],
  ['R14 no client', { client_id: undefined }, 'missing_claim'],
  ['R14 an empty client', { client_id: '' }, 'missing_claim'],
  ['R14 no time of issue', { iat: undefined }, 'missing_claim'],
  ['R14 a time of issue as text', { iat: '1' }, 'missing_claim'],
  ['R14 no id', { jti: undefined }, 'missing_claim'],
  ['R30 a beginning as text', { nbf: '1' }, 'missing_claim'],
  ['R37 R38 a token that is bound to a DPoP key', { cnf: { jkt: 'x' } }, 'unknown_binding'],
  ['R34 a binding that is no object', { cnf: null }, 'unknown_binding'],
  ['R34 two bindings', { cnf: { 'x5t#S256': 'x', jkt: 'x' } }, 'unknown_binding']
])('%s is refused', async (_what, changes, reason) => expectRefused(await token(changes), reason))

test('R12 an expiry that is too large for a number is refused', async () => {
  const endless = JSON.stringify(claims).replace(/"exp":\d+/, '"exp":1e999')
  await expectRefused(signed(JSON.stringify(header), endless), 'missing_claim')
})

test('R10 one audience of several is enough, and so is one name of ours', async () => {
  const both = verifier({ audience: ['users', audience] })
  const verified = await both.verify(`Bearer ${await token({ aud: ['https://orders.internal', 'users'] })}`)
  expect(verified.audience).toEqual(['https://orders.internal', 'users'])
})

test('R12 R30 a clock may be wrong by the tolerance and no more', async () => {
  const seconds = clock.wallTime() / 1000
  for (const [tolerance, by] of [
    [5, verifier()],
    [300, verifier({ clockTolerance: 300_000 })],
    [0, verifier({ clockTolerance: 0 })]
  ] as const) {
    await by.verify(
      `Bearer ${await token({ iat: seconds - 3600, exp: seconds - tolerance + 0.5, nbf: seconds + tolerance })}`
    )
    await expectRefused(await token({ iat: seconds - 3600, exp: seconds - tolerance }), 'expired', by)
    await expectRefused(await token({ nbf: seconds + tolerance + 0.5 }), 'not_yet_valid', by)
  }
})

test('R11 R20 an unsigned token is refused, however `none` is spelled', async () => {
  const unsecured = new UnsecuredJWT(claims).encode()
  await expectRefused(unsecured, 'malformed')
  for (const alg of ['none', 'None', 'NONE', 'nOnE'])
    await expectRefused(await renamed({ ...header, alg }), 'algorithm_not_allowed')
})

/** A good token under another header: the signature does not fit any more. */
async function renamed(other: object): Promise<string> {
  const [, payload, signature] = (await token()).split('.')
  return `${Buffer.from(JSON.stringify(other)).toString('base64url')}.${payload}.${signature}`
}

test('R19 R22 a public key is no shared secret: the algorithm of the token chooses nothing', async () => {
  const rsa = await testIssuer('RS256')
  const input = (await rsa.token({}, { alg: 'RS256' })).split('.')[1]
  const forgedHeader = Buffer.from(JSON.stringify({ ...rsa.header, alg: 'HS256' })).toString('base64url')
  const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' })
  const mac = createHmac('sha256', pem).update(`${forgedHeader}.${input}`).digest('base64url')
  await expectRefused(`${forgedHeader}.${input}.${mac}`, 'algorithm_not_allowed', rsa.verifier())
})

test('R19 an algorithm that is not on the list is refused though the key would do', async () => {
  await expectRefused(await token(), 'algorithm_not_allowed', verifier({ algorithms: ['RS256'] }))
})

test('R19 names of algorithms are taken as they are written', async () => {
  await expectRefused(await renamed({ ...header, alg: 'es256' }), 'algorithm_not_allowed')
})

test('R19 an RSA key that names no algorithm is good for those that are allowed', async () => {
  const { privateKey, publicKey } = await generateKeyPair('PS256', { extractable: true })
  const { alg: _unnamed, ...key } = await exportJWK(publicKey)
  const keys = jwks({ keys: [{ ...key, kid: 'one' }] })
  const pss = await new SignJWT(claims).setProtectedHeader({ ...header, alg: 'PS256' }).sign(privateKey)
  await verifier({ keys }).verify(`Bearer ${pss}`)
  await verifier({ keys, algorithms: ['RS256', 'PS256'] }).verify(`Bearer ${pss}`)
  await expectRefused(pss, 'algorithm_not_allowed', verifier({ keys, algorithms: ['RS256'] }))
})

test('R20 an RSA key of less than 2048 bits verifies nothing', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const keys = jwks({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'RS256' } as never] })
  const input = [{ ...header, alg: 'RS256' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  const weak = `${input}.${createSign('sha256').update(input).sign(privateKey, 'base64url')}`
  await expectRefused(weak, 'bad_signature', verifier({ keys }))
})

test('R11 a signature by another key with the same kid is refused', async () => {
  await expectRefused(await (await testIssuer()).token(), 'bad_signature')
})

test('R18 R21 R27 an encrypted token is refused before anything is decrypted', async () => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const encrypted = await new CompactEncrypt(Buffer.from(await token()))
    .setProtectedHeader({ alg: 'RSA-OAEP', enc: 'A256GCM' })
    .encrypt(publicKey)
  expect(encrypted.split('.')).toHaveLength(5)
  await expectRefused(encrypted, 'malformed')
})

test('R23 text that is not UTF-8 is not repaired', async () => {
  const payload = Buffer.concat([
    Buffer.from(JSON.stringify(claims).slice(0, -1)),
    Buffer.from(',"x":"\xff"}', 'latin1')
  ])
  await expectRefused(signed(JSON.stringify(header), payload), 'malformed_claims')
})

test('R25 keys and addresses of keys in the token are not looked at', async () => {
  const foreign = await testIssuer()
  const [jwk] = foreign.keys.keys
  const tempting = { jwk, jku: 'https://evil.internal/jwks', x5u: 'https://evil.internal/x5u', x5c: ['MIIB'] }
  await expectRefused(await foreign.token({}, tempting), 'bad_signature')
  await verifier().verify(`Bearer ${await token({}, tempting)}`)
})

test.each(['../../etc/passwd', "' OR 1=1 --", 'https://evil.internal/key', '__proto__', 'constructor', ''])(
  'R25 the name of a key is only looked up: %s',
  async (kid) => expectRefused(await token({}, { kid }), 'unknown_key')
)

test.each([
  ['two parts', (good: string) => good.split('.').slice(0, 2).join('.')],
  ['four parts', (good: string) => `${good}.x`],
  ['padding', (good: string) => `${good}=`],
  ['an empty part', (good: string) => good.replace(/\.[^.]*$/, '.')],
  ['a letter that base64url has not', (good: string) => good.replace(/.$/, '+')],
  ['a length that base64url has not', (good: string) => `${good}AAA`],
  ['another last letter that decodes to the same', (good: string) => good.slice(0, -1) + sibling(good.at(-1))]
])('R28 a token with %s is refused', async (_what, spoil) => expectRefused(spoil(await token()), 'malformed'))

/** A 64-byte signature leaves four bits of its last letter unused. */
function sibling(letter = ''): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return alphabet[alphabet.indexOf(letter) + 1] ?? ''
}

test('R28 a token over 16 KiB is refused before it is read', async () => {
  await expectRefused(await token({ x: 'x'.repeat(16_384) }), 'too_large')
})

test.each([
  [
    'R29 a header name twice',
    `{"alg":"ES256","typ":"at+jwt","kid":"two","kid":"one"}`,
    undefined,
    'malformed_header_json'
  ],
  [
    'R29 an escaped header name twice',
    `{"alg":"ES256","typ":"at+jwt","kid":"one","\\u006bid":"one"}`,
    undefined,
    'malformed_header_json'
  ],
  ['R29 a claim twice', undefined, `{"sub":"admin",${JSON.stringify(claims).slice(1)}`, 'malformed_claims'],
  [
    'R29 a member inside a claim twice',
    undefined,
    `{"x":[{"y":1,"y":2}],${JSON.stringify(claims).slice(1)}`,
    'malformed_claims'
  ],
  [
    'R29 an extension that must be understood',
    `{"alg":"ES256","typ":"at+jwt","kid":"one","crit":["x"],"x":1}`,
    undefined,
    'critical_header'
  ],
  [
    'R29 a payload that is not encoded',
    `{"alg":"ES256","typ":"at+jwt","kid":"one","crit":["b64"],"b64":false}`,
    undefined,
    'critical_header'
  ],
  ['R21 a header that is a list', `["ES256"]`, undefined, 'malformed_header_json'],
  ['R21 a header that is null', `null`, undefined, 'malformed_header_json'],
  ['R21 a header without algorithm', `{"typ":"at+jwt"}`, undefined, 'malformed_header_json'],
  ['R21 an algorithm that is a list', `{"alg":["ES256"],"typ":"at+jwt"}`, undefined, 'malformed_header_json'],
  ['R21 a header with a byte order mark', `\ufeff${JSON.stringify(header)}`, undefined, 'malformed_header_json'],
  ['R21 claims that are a list', undefined, `[]`, 'malformed_claims'],
  ['R21 claims that are no JSON', undefined, `{iss:1}`, 'malformed_claims'],
  ['R21 claims that are no text', undefined, `"x"`, 'malformed_claims']
] as const)('%s is refused though the signature is good', async (_what, head, payload, reason) => {
  await expectRefused(signed(head ?? JSON.stringify(header), payload ?? JSON.stringify(claims)), reason)
})

test('R29 the same name in two objects, or as a value, does not count as repeated', async () => {
  const payload = `{"a":{"sub":1},"b":[{"sub":2},"sub","\\"sub\\":"],${JSON.stringify(claims).slice(1)}`
  const verified = await verifier().verify(`Bearer ${signed(JSON.stringify(header), payload)}`)
  expect(verified.claims.a).toEqual({ sub: 1 })
})

test.each([
  ['rfc9068', roleClaims.rfc9068, { roles: ['admin'] }, ['admin']],
  ['spring', roleClaims.spring, { authorities: ['admin'], roles: ['x'] }, ['admin']],
  ['entra', roleClaims.entra, { roles: ['admin'] }, ['admin']],
  [
    'keycloak realm',
    roleClaims.keycloak(),
    { realm_access: { roles: ['admin'] }, resource_access: { users: { roles: ['x'] } } },
    ['admin']
  ],
  [
    'keycloak client',
    roleClaims.keycloak('users'),
    { realm_access: { roles: ['a'] }, resource_access: { users: { roles: ['b', 'a'] }, other: { roles: ['c'] } } },
    ['a', 'b']
  ],
  ['a path of your own', [['https://x.internal/roles']], { 'https://x.internal/roles': ['admin'] }, ['admin']],
  ['a string', roleClaims.rfc9068, { roles: 'admin' }, []],
  ['numbers', roleClaims.rfc9068, { roles: ['admin', 1] }, []],
  ['nothing', roleClaims.rfc9068, { roles: undefined }, []],
  ['no object on the path', roleClaims.keycloak('users'), { resource_access: 'users' }, []],
  ['an inherited name', [['constructor', 'name']], {}, []]
])(
  'R16 roles of the kind %s are found where they were configured, and nowhere else',
  async (_what, roles, changes, expected) => {
    const { roles: found } = await verifier({ roles }).verify(`Bearer ${await token(changes)}`)
    expect(found).toEqual(expected)
  }
)

test('R17 the subject of a token of a client is told from a user', async () => {
  expect(isClientToken(await verifier().verify(`Bearer ${await token()}`))).toBe(true)
  expect(isClientToken(await verifier().verify(`Bearer ${await token({ sub: 'alice' })}`))).toBe(false)
})

test('R46 earlier actors are information and give no rights', async () => {
  const acting = { act: { sub: 'admin', scope: 'write_user' }, may_act: { sub: 'admin' } }
  expect(await verifier().verify(`Bearer ${await token(acting)}`)).toMatchObject({
    subject: 'orders',
    scope: ['read_user', 'list_user']
  })
})

test('R47 a scope elsewhere counts only where it was configured', async () => {
  const elsewhere = await token({ scope: undefined, scp: ['read_user'] })
  expect((await verifier().verify(`Bearer ${elsewhere}`)).scope).toEqual([])
  expect((await verifier({ scopeClaim: 'scp' }).verify(`Bearer ${elsewhere}`)).scope).toEqual(['read_user'])
})

test('R14 the client is named by another claim only where it was configured', async () => {
  const elsewhere = await token({ client_id: undefined, azp: 'orders' })
  await expectRefused(elsewhere, 'missing_claim')
  expect((await verifier({ clientIdClaim: 'azp' }).verify(`Bearer ${elsewhere}`)).clientId).toBe('orders')
})
