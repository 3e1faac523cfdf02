import { expect, test } from 'vitest'
import {
  type AccessTokenVerifierOptions,
  acceptMissingAudience,
  accessTokenVerifier,
  allOf,
  anyOf,
  jwks,
  jwksUri,
  keycloak,
  type Rule,
  requireToken,
  rfc9068,
  roles,
  scopes,
  spiffe,
  springOAuth2,
  type TokenProfile
} from '../../src/resource-server/index.ts'
import { audience, issuer, testIssuer } from './issuer.ts'

const by = await testIssuer()
const { clock, keys, token, verifier } = by
const pinned = { audience, clock, keys: jwks(keys) }
const bearer = async (changes: Record<string, unknown>, header?: Record<string, unknown>) =>
  `Bearer ${await token(changes, header)}`

test.each(['iss', 'sub', 'iat', 'jti', 'client_id', 'aud', 'exp'])(
  'R14 a token without %s is refused, and the error names the claim',
  async (claim) => {
    const refusal = verifier().verify(await bearer({ [claim]: undefined }))
    await expect(refusal).rejects.toMatchObject({ reason: 'missing_claim', claim })
    await expect(refusal).rejects.toThrow(`Look at the claim ${claim}.`)
  }
)

test('R14 a claim of the wrong type is named too, and nothing of its value', async () => {
  const refusal = verifier().verify(await bearer({ sub: { alice: 'secret-of-alice' } }))
  await expect(refusal).rejects.toThrow(
    /^A claim of the token is missing or of the wrong type\. Look at the claim sub\.$/
  )
})

test('R14 claims may be absent by requiredClaims, and others must be there by it', async () => {
  const some = verifier({ requiredClaims: ['iss', 'tenant'] })
  const lean = { sub: undefined, iat: undefined, jti: undefined }
  expect((await some.verify(await bearer({ ...lean, tenant: 'a' }))).subject).toBeUndefined()
  await expect(some.verify(await bearer(lean))).rejects.toMatchObject({ claim: 'tenant' })
  for (const tenant of [null, ''])
    await expect(some.verify(await bearer({ ...lean, tenant }))).rejects.toMatchObject({ claim: 'tenant' })
  await expect(some.verify(await bearer({ ...lean, tenant: 'a', sub: 7 }))).rejects.toMatchObject({ claim: 'sub' })
})

test('R9 the issuer may be absent with pinned keys alone', async () => {
  const requiredClaims = ['sub']
  const anonymous = await bearer({ iss: undefined })
  expect((await accessTokenVerifier({ ...pinned, requiredClaims }).verify(anonymous)).issuer).toBeUndefined()
  expect((await accessTokenVerifier({ ...pinned, requiredClaims, issuer }).verify(anonymous)).issuer).toBe(issuer)
  const elsewhere = await bearer({ iss: 'https://evil.internal' })
  await expect(verifier({ requiredClaims }).verify(elsewhere)).rejects.toMatchObject({ reason: 'wrong_issuer' })
  for (const unpinned of [{ keys: jwksUri('https://auth.internal/jwks') }, {}])
    expect(() => accessTokenVerifier({ audience, requiredClaims, ...unpinned })).toThrow(/^issuer is missing/)
  expect(() => accessTokenVerifier(pinned)).toThrow(/^issuer is missing/)
})

test('R9 with fetched keys a token must name its issuer, whatever requiredClaims says', async () => {
  const fetched = { ...jwks(keys), pinned: false }
  const refusal = verifier({ keys: fetched, requiredClaims: ['sub'] }).verify(await bearer({ iss: undefined }))
  await expect(refusal).rejects.toMatchObject({ reason: 'missing_claim', claim: 'iss' })
})

test.each(['accounts.google.com', 'kubernetes/serviceaccount', 'orders-auth'])(
  'R9 an issuer that is no URL, %s, is taken with pinned keys and refused without',
  async (name) => {
    const named = accessTokenVerifier({ ...pinned, issuer: name })
    expect((await named.verify(await bearer({ iss: name }))).issuer).toBe(name)
    await expect(named.verify(await bearer({}))).rejects.toMatchObject({ reason: 'wrong_issuer' })
    expect(() => accessTokenVerifier({ audience, issuer: name })).toThrow(/^issuer is not an https URL/)
  }
)

const classic = { iss: undefined, sub: undefined, iat: undefined, aud: undefined, scope: ['read_user'] }
const legacy = (more: Partial<AccessTokenVerifierOptions> = {}) =>
  accessTokenVerifier({ ...pinned, profile: springOAuth2(), ...more })
const open = () => legacy({ [acceptMissingAudience]: true })

test('R10 the classic token without an audience is accepted only with the symbol', async () => {
  const header = await bearer(classic, { typ: 'JWT' })
  await expect(legacy().verify(header)).rejects.toMatchObject({ reason: 'missing_claim', claim: 'aud' })
  const fromFile = JSON.parse('{"acceptMissingAudience":true}')
  expect(() => legacy(fromFile)).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_OPTION' }))
  const verified = await open().verify(header)
  expect(verified).toMatchObject({ audience: [], clientId: 'orders', scope: ['read_user'] })
  expect(() => open().demand(verified, scopes('read_user'))).not.toThrow()
  expect(() => open().demand(verified, scopes('write_user'))).toThrow(/does not allow/)
})

test.each<[string, unknown]>([
  ['of another service', 'https://billing.internal'],
  ['that is empty', ''],
  ['that names nobody', []],
  ['that is null', null],
  ['that is an object', {}]
])('R10 with the symbol a token with an audience %s is refused too', async (_what, aud) => {
  await expect(open().verify(await bearer({ ...classic, aud }, { typ: 'JWT' }))).rejects.toMatchObject({
    reason: expect.stringMatching(/^(wrong_audience|missing_claim)$/)
  })
})

test.each<[string, Rule, boolean]>([
  ['a scope', scopes('read_user'), true],
  ['a scope and a role', allOf(roles('reader'), scopes('read_user')), true],
  ['one scope or another', anyOf(scopes('read_user'), scopes('list_user')), true],
  ['a role', roles('reader'), false],
  ['a scope or a role', anyOf(scopes('read_user'), roles('reader')), false],
  ['two roles', allOf(roles('reader'), roles('admin')), false],
  ['whatever a rule of your own asks for', { scope: ['read_user'], allows: () => true }, false]
])('R10 R43 with the symbol a rule that asks for %s is fit or not: %s', async (_what, rule, fits) => {
  const verified = await open().verify(await bearer(classic, { typ: 'JWT' }))
  if (fits) {
    requireToken(open(), rule)
    return
  }
  const error = { name: 'ClientConfigurationError', message: expect.stringContaining('does not require a scope') }
  expect(() => requireToken(open(), rule)).toThrow(expect.objectContaining(error))
  expect(() => open().demand(verified, rule)).toThrow(expect.objectContaining(error))
})

test('R10 where keys are fetched, a token without audience must come from the named issuer', async () => {
  const fetched = { ...jwks(keys), pinned: false }
  const named = verifier({ keys: fetched, [acceptMissingAudience]: true })
  await named.verify(await bearer({ aud: undefined }))
  await expect(named.verify(await bearer({ aud: undefined, iss: 'https://evil.internal' }))).rejects.toMatchObject({
    reason: 'wrong_issuer'
  })
})

test('R12 a token is accepted for at most maxAge after its issue, whatever its expiry', async () => {
  const young = verifier({ maxAge: 60_000 })
  const seconds = clock.wallTime() / 1000
  await young.verify(await bearer({ iat: seconds - 64 }))
  await expect(young.verify(await bearer({ iat: seconds - 65 }))).rejects.toMatchObject({ reason: 'too_old' })
  const undated = verifier({ maxAge: 60_000, requiredClaims: ['iss'] }).verify(await bearer({ iat: undefined }))
  await expect(undated).rejects.toMatchObject({ reason: 'missing_claim', claim: 'iat' })
})

test('R12 a verified token becomes too old as well', async () => {
  const own = await testIssuer()
  const young = own.verifier({ maxAge: 60_000 })
  const header = `Bearer ${await own.token()}`
  await young.verify(header)
  await own.clock.advance(64_999)
  await young.verify(header)
  await own.clock.advance(1)
  await expect(young.verify(header)).rejects.toMatchObject({ reason: 'too_old' })
})

test('R30 a time of issue may be ahead by the tolerance, and not after the end', async () => {
  const seconds = clock.wallTime() / 1000
  await verifier().verify(await bearer({ iat: seconds + 5 }))
  await expect(verifier().verify(await bearer({ iat: seconds + 5.5 }))).rejects.toMatchObject({
    reason: 'not_yet_valid'
  })
  const backwards = await bearer({ iat: seconds + 2, exp: seconds + 1 })
  await expect(verifier().verify(backwards)).rejects.toMatchObject({ reason: 'contradictory_times' })
})

test.each([0, -1, 1.5, Number.NaN])('R12 maxAge %j is refused when the verifier is made', (maxAge) => {
  expect(() => verifier({ maxAge })).toThrow(/^maxAge is out of range/)
})

test('R12 maxAge as text is refused when the verifier is made', () => {
  expect(() => verifier({ maxAge: '60' as unknown as number })).toThrow(/^maxAge must be a number, but is a string/)
})

const own = rfc9068()
test.each<[string, unknown, RegExp]>([
  ['a function', keycloak, /profile is a function.*keycloak\(\)/],
  ['a name', 'keycloak', /profile must be an object/],
  ['a list', [], /profile must be an object/],
  ['nothing of what it takes', { name: 'mine' }, /profile\.types is missing.*rfc9068\(\)/],
  ['a member that nobody reads', { ...own, requred: [] }, /profile\.requred is not an option/],
  ['types as one text', { ...own, types: 'jwt' }, /profile\.types must be an array/],
  ['no types', { ...own, types: [] }, /profile\.types is empty/],
  ['no claim for the client', { ...own, clientId: [] }, /profile\.clientId is empty/],
  ['a client that is no path', { ...own, clientId: ['client_id'] }, /profile\.clientId/],
  ['a place without a path', { ...own, roles: [{}] }, /`at`/],
  ['a test without a verb', { ...own, mustNot: [{ at: ['nonce'] }] }, /a test without a condition/],
  ['a test with an unknown verb', { ...own, must: [{ at: ['x'], equals: 1 }] }, /a test without a condition/],
  ['a test with two verbs', { ...own, must: [{ at: ['x'], is: 'present', oneOf: [] }] }, /a test without a condition/],
  ['an alternative that always holds', { ...own, client: [[]] }, /lists of alternatives/],
  ['code', { ...own, must: [{ at: ['x'], oneOf: [() => true] }] }, /must be plain data/]
])('a profile of your own that is %s is refused when the verifier is made', (_what, profile, message) => {
  expect(() => verifier({ profile: profile as TokenProfile })).toThrow(message)
})

test('a profile of your own is copied: what is changed later changes nothing', async () => {
  const mine = { ...rfc9068(), mustNot: [{ at: ['secret'], is: 'present' as const }] }
  const made = verifier({ profile: mine })
  mine.mustNot.length = 0
  await expect(made.verify(await bearer({ secret: 1 }))).rejects.toMatchObject({
    reason: 'wrong_type',
    claim: 'secret'
  })
})

test('the options for claims go before the profile', async () => {
  const profile = keycloak()
  const mixed = verifier({ profile, clientIdClaim: 'client', scopeClaim: 'scp', roles: [['groups']] })
  const claims = { typ: 'Bearer', client_id: undefined, client: 'orders', scp: ['a'], groups: ['b'] }
  expect(await mixed.verify(await bearer(claims, { typ: 'JWT' }))).toMatchObject({
    clientId: 'orders',
    scope: ['a'],
    roles: ['b']
  })
})

test('R17 a claim that is compared with itself is ignored', async () => {
  const { isClientToken } = await import('../../src/resource-server/index.ts')
  const user = await verifier({ clientIdClaim: 'sub' }).verify(await bearer({ sub: 'alice', client_id: undefined }))
  expect(user.actsFor).toBe('unknown')
  expect(() => isClientToken(user)).toThrow(expect.objectContaining({ name: 'ClientConfigurationError' }))
})

test('a key of a SPIFFE bundle verifies for the profile of SPIFFE alone', async () => {
  const bundle = jwks({ keys: keys.keys.map((key) => ({ ...key, use: 'jwt-svid' })) })
  const svid = await bearer({ sub: 'spiffe://shop.internal/orders', iss: undefined }, { typ: 'JWT' })
  const { clientId } = await accessTokenVerifier({ ...pinned, keys: bundle, profile: spiffe() }).verify(svid)
  expect(clientId).toBe('spiffe://shop.internal/orders')
  await expect(verifier({ keys: bundle }).verify(await bearer({}))).rejects.toMatchObject({ reason: 'unknown_key' })
})
