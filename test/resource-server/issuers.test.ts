import { expect, test } from 'vitest'
import {
  accessTokenVerifier,
  anyIssuer,
  entra,
  jwks,
  keycloak,
  publicKey,
  scopes,
  springOAuth2
} from '../../src/resource-server/index.ts'
import { audience, issuer, testIssuer } from './issuer.ts'
import { road } from './verifier-road.ts'

const [one, other] = [await testIssuer(), await testIssuer()]
const second = 'https://other.internal'
const options = { audience, clock: one.clock }
const first = () => accessTokenVerifier({ ...options, issuer, keys: jwks(one.keys) })
const another = (more: object = {}) =>
  accessTokenVerifier({ ...options, issuer: second, keys: jwks(other.keys), realm: 'other', ...more })

const ofFirst = `Bearer ${await one.token()}`
const ofSecond = `Bearer ${await other.token({ iss: second, typ: 'Bearer', azp: 'billing' }, { typ: 'JWT' })}`

test('R9 the issuer that a token names chooses who judges it, by its own profile', async () => {
  const both = anyIssuer([first(), another({ profile: keycloak() })])
  expect((await both.verify(ofFirst)).clientId).toBe('orders')
  expect((await both.verify(ofSecond)).clientId).toBe('billing')
  expect((await both.authorize(ofSecond, scopes('read_user'))).issuer).toBe(second)
})

test('R9 R24 one verifier decides alone: a token of one issuer that is signed by the other is refused', async () => {
  const both = anyIssuer([first(), another()])
  const crossed = `Bearer ${await other.token({ iss: issuer })}`
  await expect(both.verify(crossed)).rejects.toMatchObject({ reason: 'bad_signature' })
  const plain = `Bearer ${await one.token({}, { typ: 'JWT' })}`
  const lenient = anyIssuer([first(), another({ profile: keycloak() })])
  await expect(lenient.verify(plain)).rejects.toMatchObject({ reason: 'wrong_type' })
})

test('R9 a token of a third issuer is refused, and nobody is asked about it', async () => {
  const { server, verifier } = await road()
  const both = anyIssuer([verifier, first()])
  for (const [token, reason] of [
    [await one.token({ iss: 'https://evil.internal' }), 'wrong_issuer'],
    [await one.token({ iss: undefined }), 'wrong_issuer'],
    [await one.token({ iss: [issuer] }), 'wrong_issuer'],
    ['opaque', 'malformed'],
    ['a.b.c', 'wrong_issuer']
  ] as const)
    await expect(both.verify(`Bearer ${token}`)).rejects.toMatchObject({ reason, status: 401 })
  expect([server.requests.count('metadata'), server.requests.count('jwks')]).toEqual([0, 0])
})

test('R5 R6 a request without a token gets the challenge of the first verifier, and a refusal comes from the chosen one', async () => {
  const both = anyIssuer([first(), another()])
  await expect(both.verify(undefined)).rejects.toMatchObject({ challenge: `Bearer realm="${audience}"` })
  await expect(both.verify('Bearer a b')).rejects.toMatchObject({ reason: 'malformed_header', status: 400 })
  const narrow = both.authorize(`Bearer ${await other.token({ iss: second })}`, scopes('write_user'))
  await expect(narrow).rejects.toMatchObject({ challenge: expect.stringContaining('realm="other"') })
  const verified = await both.verify(`Bearer ${await other.token({ iss: second })}`)
  expect(() => both.demand(verified, scopes('write_user'))).toThrow(
    expect.objectContaining({ challenge: expect.stringContaining('realm="other"') })
  )
})

test('R9 a verifier without an issuer judges the tokens that name none', async () => {
  const classic = accessTokenVerifier({ ...options, profile: springOAuth2(), keys: publicKey(other.publicKey) })
  const both = anyIssuer([first(), classic])
  const token = await other.token({ iss: undefined, sub: undefined }, { typ: 'JWT' })
  expect((await both.verify(`Bearer ${token}`)).issuer).toBeUndefined()
  expect((await both.verify(ofFirst)).issuer).toBe(issuer)
})

test.each<[string, () => unknown, RegExp]>([
  ['none', () => anyIssuer([]), /needs an array of verifiers/],
  ['one that is no array', () => anyIssuer(first() as never), /needs an array of verifiers/],
  ['a copy', () => anyIssuer([{ ...first() }]), /that accessTokenVerifier\(\) created/],
  ['two for one issuer', () => anyIssuer([first(), first()]), /the same issuer/],
  [
    'two without an issuer',
    () => {
      const classic = () =>
        accessTokenVerifier({ ...options, profile: springOAuth2(), keys: publicKey(other.publicKey) })
      return anyIssuer([classic(), classic()])
    },
    /have no issuer/
  ]
])('R9 anyIssuer() of %s says what is wrong', (_what, make, message) => {
  expect(make).toThrow(message)
})

const template = 'https://login.internal/{tenant}/v2.0'
const tenantIssuer = (tenant: string) => `https://login.internal/${tenant}/v2.0`
const tenanted = (tenants: unknown, more: object = {}) =>
  accessTokenVerifier({ ...options, issuer: template, keys: jwks(one.keys), tenants: tenants as never, ...more })
const ofTenant = async (tenant: string) => `Bearer ${await one.token({ iss: tenantIssuer(tenant) })}`

test.each([
  ['a list', ['a-1', 'b']],
  ['a function', (tenant: string) => ['a-1', 'b'].includes(tenant)],
  ['a function that looks it up', async (tenant: string) => ['a-1', 'b'].includes(tenant)]
])('R9 tokens of the tenants that count by %s are verified, and those of others are not', async (_what, tenants) => {
  const many = tenanted(tenants)
  for (const tenant of ['a-1', 'b'])
    expect((await many.verify(await ofTenant(tenant))).issuer).toBe(tenantIssuer(tenant))
  await expect(many.verify(await ofTenant('c'))).rejects.toMatchObject({ reason: 'wrong_issuer', status: 401 })
})

test.each(['a/../b', 'a/b', '', 'a.b', 'a?b', 'a#b', '..', 'a%2Fb', '{tenant}', 'A'.repeat(129)])(
  'R9 %j is the name of no tenant',
  async (tenant) => {
    const all = tenanted(() => true)
    await expect(all.verify(await ofTenant(tenant))).rejects.toMatchObject({ reason: 'wrong_issuer' })
  }
)

test.each([1, 'yes', undefined, {}])('R9 a rule that answers %j lets no tenant in', async (answer) => {
  await expect(tenanted(() => answer).verify(await ofTenant('a'))).rejects.toMatchObject({ reason: 'wrong_issuer' })
})

test('R9 R24 each tenant is verified with its own keys, and by its own name in the profile', async () => {
  const many = accessTokenVerifier({
    ...options,
    profile: entra({ tenant: '{tenant}' }),
    tenants: ['t1', 't2'],
    keys: jwks(one.keys)
  })
  const claims = (iss: string, tid: string) => ({ iss, tid, azp: 'orders', oid: 'orders' })
  const v2 = (tenant: string) => `https://login.microsoftonline.com/${tenant}/v2.0`
  const verify = async (iss: string, tid: string) =>
    many.verify(`Bearer ${await one.token(claims(iss, tid), { typ: 'JWT' })}`)
  expect((await verify(v2('t1'), 't1')).clientId).toBe('orders')
  expect((await verify('https://sts.windows.net/t2/', 't2')).clientId).toBe('orders')
  await expect(verify(v2('t1'), 't2')).rejects.toMatchObject({ reason: 'wrong_type', claim: 'tid' })
  await expect(verify(v2('t3'), 't3')).rejects.toMatchObject({ reason: 'wrong_issuer' })
})

test('R9 tenants stand beside another issuer', async () => {
  const both = anyIssuer([tenanted(['a']), first()])
  expect((await both.verify(await ofTenant('a'))).issuer).toBe(tenantIssuer('a'))
  expect((await both.verify(ofFirst)).issuer).toBe(issuer)
  await expect(both.verify(await ofTenant('b'))).rejects.toMatchObject({ reason: 'wrong_issuer' })
})

test.each<[string, object, RegExp]>([
  ['a template without tenants', { tenants: undefined }, /tenants is missing/],
  ['no tenant', { tenants: [] }, /tenants is missing/],
  ['tenants without a template', { issuer }, /issuer needs \{tenant\}/],
  ['two places for a tenant', { issuer: 'https://{tenant}.internal/{tenant}' }, /issuer needs \{tenant\} once/],
  ['introspection for tenants', { introspection: {} }, /cannot be combined with tenants/],
  ['an audience that is missing', { audience: undefined }, /audience is missing/]
])('R9 %s is refused when the verifier is made', (_what, more, message) => {
  expect(() => tenanted(['a'], more)).toThrow(message)
})
