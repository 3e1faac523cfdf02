import { expect, test } from 'vitest'
import {
  allOf,
  anyOf,
  authenticated,
  type Rule,
  roles,
  scopeMatching,
  scopePrefix,
  scopes
} from '../../src/resource-server/index.ts'
import { audience, testIssuer } from './issuer.ts'

const { token, verifier } = await testIssuer()
const one = verifier()
const held = await one.verify(`Bearer ${await token({ scope: 'read_user list_user', roles: ['reader', 'auditor'] })}`)

test.each<[string, Rule, boolean]>([
  ['a scope that is there', scopes('read_user'), true],
  ['two scopes that are there', scopes('list_user', 'read_user'), true],
  ['a scope that is not there', scopes('write_user'), false],
  ['one scope of two', scopes('read_user', 'write_user'), false],
  ['a scope that begins like one', scopes('read'), false],
  ['a scope in other case', scopes('READ_USER'), false],
  ['a role that is there', roles('reader'), true],
  ['one role of two', roles('reader', 'admin'), false],
  ['a role that is a scope', roles('read_user'), false],
  ['a scope that is a role', scopes('reader'), false],
  ['one rule of two', anyOf(scopes('write_user'), roles('reader')), true],
  ['no rule of two', anyOf(scopes('write_user'), roles('admin')), false],
  ['all rules', allOf(scopes('read_user'), roles('reader')), true],
  ['all rules but one', allOf(scopes('read_user'), roles('admin')), false],
  ['every verified token', authenticated(), true],
  ['rules in rules', allOf(anyOf(roles('admin'), roles('auditor')), scopes('read_user')), true]
])('R43 %s', (_what, rule, allowed) => {
  expect(rule.allows(held)).toBe(allowed)
  if (allowed) expect(() => one.demand(held, rule)).not.toThrow()
  else expect(() => one.demand(held, rule)).toThrow(/does not allow/)
})

test.each<[string, Rule, string]>([
  ['the scopes that are needed', scopes('read_user', 'write_user'), ', scope="read_user write_user"'],
  ['no scope where a role is needed', roles('admin'), ''],
  ['all scopes of all rules, once', allOf(scopes('a', 'b'), scopes('b', 'c')), ', scope="a b c"'],
  ['one way of several', anyOf(roles('admin'), scopes('a', 'write'), scopes('b')), ', scope="a write"']
])('R6 a refusal names %s', (_what, rule, scope) => {
  expect(() => one.demand(held, rule)).toThrow(
    expect.objectContaining({
      status: 403,
      code: 'ERR_INSUFFICIENT_SCOPE',
      challenge: `Bearer realm="${audience}"${scope}, error="insufficient_scope"`
    })
  )
})

test.each<[string, () => Rule]>([
  ['scopes', () => scopes(...([] as unknown as [string]))],
  ['scopes with a space', () => scopes('read user')],
  ['roles', () => roles(...([] as unknown as [string]))],
  ['scopes in an array', () => scopes(['read_user'] as never)],
  ['a scope that is undefined', () => scopes('read_user', undefined as never)],
  ['a role that is undefined', () => roles(undefined as never)],
  ['roles in an array', () => roles(['admin'] as never)],
  ['an empty role', () => roles('')],
  ['an empty prefix', () => scopePrefix('')],
  ['a prefix with a space', () => scopePrefix('read ')],
  ['a prefix that is undefined', () => scopePrefix(undefined as never)],
  ['a pattern that everything fits', () => scopeMatching('*')],
  ['a pattern of stars', () => scopeMatching('**')],
  ['a pattern without a star', () => scopeMatching('admin')],
  ['a pattern that is undefined', () => scopeMatching(undefined as never)],
  ['rules in an array', () => anyOf([scopes('a')] as never)],
  ['a rule that is undefined', () => allOf(scopes('a'), undefined as never)],
  ['anyOf', () => anyOf(...([] as unknown as [Rule]))],
  ['allOf', () => allOf(...([] as unknown as [Rule]))]
])('R43 an empty rule is an error, not a permission: %s', (_what, make) => {
  expect(make).toThrow(expect.objectContaining({ name: 'ClientConfigurationError' }))
})

test.each<[string, unknown]>([
  ['a promise of yes', Promise.resolve(true)],
  ['a promise of no', Promise.resolve(false)],
  ['a number', 1],
  ['a text', 'false'],
  ['an object', {}],
  ['nothing', undefined]
])('R43 a rule of your own that answers with %s allows nothing, in no combination', (_what, answer) => {
  const odd = { scope: [], allows: () => answer } as unknown as Rule
  const yes = scopes('read_user')
  for (const rule of [
    odd,
    anyOf(odd),
    allOf(odd),
    allOf(yes, odd),
    anyOf(odd, odd),
    anyOf(allOf(odd)),
    allOf(anyOf(odd))
  ])
    expect(() => one.demand(held, rule)).toThrow(/does not allow/)
})

test.each<[string, Rule, readonly string[], boolean]>([
  ['a prefix', scopePrefix('users!'), ['users!read'], true],
  ['a prefix and nothing behind it', scopePrefix('users!'), ['users!'], false],
  ['a prefix in the middle', scopePrefix('users!'), ['all-users!read'], false],
  ['another prefix', scopePrefix('users!'), ['users?read'], false],
  ['a prefix that would be a pattern', scopePrefix('users.'), ['usersXread'], false],
  ['a prefix, in the second scope', scopePrefix('users!'), ['billing!read', 'users!read'], true],
  ['an end that is open', scopeMatching('admin:*'), ['admin:users'], true],
  ['an end that is empty', scopeMatching('admin:*'), ['admin:'], false],
  ['a beginning that is open', scopeMatching('*:read'), ['users:read'], true],
  ['a beginning that is empty', scopeMatching('*:read'), [':read'], false],
  ['a middle that is open', scopeMatching('a:*:c'), ['a:b:c'], true],
  ['a middle that is empty', scopeMatching('a:*:c'), ['a::c'], false],
  ['ends that overlap', scopeMatching('aba*aba'), ['ababa'], false],
  ['two stars', scopeMatching('*:users:*'), ['a:users:b'], true],
  ['two stars and the parts swapped', scopeMatching('a*b*c'), ['axcxbx'], false],
  ['a part that comes twice', scopeMatching('*b*c'), ['abbxbc'], true],
  ['a dot, which is no pattern', scopeMatching('users.*'), ['usersXread'], false],
  ['a pattern inside a scope', scopeMatching('b:*'), ['a:b:c'], false]
])('R43 a scope matches or not: %s', async (_what, rule, scope, allowed) => {
  const { allows, asksForScope } = rule
  expect(allows(await one.verify(`Bearer ${await token({ scope: scope.join(' ') })}`))).toBe(allowed)
  expect(asksForScope).toBe(true)
})

/** Rules that want to be waited for. */
const later = (answer: unknown): Rule => ({ scope: [], allows: (async () => answer) as never })
const held401 = { reason: 'insufficient_scope', status: 403 }

test.each<[string, Rule, boolean]>([
  ['a yes', later(true), true],
  ['a no', later(false), false],
  ['a number', later(1), false],
  ['nothing', later(undefined), false],
  ['one of several', anyOf(later(false), roles('admin'), later(true)), true],
  ['none of several', anyOf(later(false), later('true'), roles('admin')), false],
  ['all', allOf(later(true), roles('reader'), later(true)), true],
  ['all but one', allOf(later(true), later(1), roles('reader')), false],
  [
    'combinations of combinations',
    anyOf(allOf(later(true), later(false)), allOf(anyOf(later(true)), later(true))),
    true
  ]
])('R43 a rule that has to be waited for is: %s', async (_what, rule, allowed) => {
  const asked = one.authorize(`Bearer ${await token({ roles: ['reader'] })}`, rule)
  if (allowed) expect((await asked).clientId).toBe('orders')
  else await expect(asked).rejects.toMatchObject(held401)
})

test('R43 a rule sees the token and the request, and no rule is asked in vain', async () => {
  const asked: string[] = []
  const rule = (name: string, answer: boolean): Rule => ({
    scope: [],
    allows: async ({ clientId }, request) => {
      asked.push(`${name} ${clientId} ${(request as { id: string }).id}`)
      return answer
    }
  })
  const some = anyOf(rule('first', false), rule('second', true), rule('third', true))
  const header = `Bearer ${await token()}`
  await one.authorize(header, some, { id: '/users/7' })
  expect(asked).toEqual(['first orders /users/7', 'second orders /users/7'])
})

test('R43 what a rule throws comes through as it is', async () => {
  const broken = { scope: [], allows: () => Promise.reject(new RangeError('broken')) }
  const header = `Bearer ${await token()}`
  for (const rule of [broken, anyOf(broken, authenticated()), allOf(broken)])
    await expect(one.authorize(header, rule)).rejects.toThrow(RangeError)
  expect(() => one.demand(held, broken)).toThrow(/does not allow/)
})

test('R1 a hook hears of every request whether its token was revoked, of tokens that were verified before too', async () => {
  const revoked = new Set<unknown>()
  const asked: unknown[] = []
  const hooked = verifier({
    isRevoked: async ({ claims }) => {
      asked.push(claims.jti)
      return revoked.has(claims.jti)
    }
  })
  const header = `Bearer ${await token({ jti: 'seven' })}`
  await hooked.verify(header)
  await hooked.verify(header)
  revoked.add('seven')
  await expect(hooked.verify(header)).rejects.toMatchObject({ reason: 'revoked', status: 401 })
  expect(asked).toEqual(['seven', 'seven', 'seven'])
})

test.each([undefined, null, 0, '', true, {}])(
  'R1 a hook that answers %j has not said that the token is good',
  async (answer) => {
    const hooked = verifier({ isRevoked: () => answer as never })
    await expect(hooked.verify(`Bearer ${await token()}`)).rejects.toMatchObject({ reason: 'revoked' })
  }
)

test('R1 a hook that fails accepts no token', async () => {
  const hooked = verifier({ isRevoked: () => Promise.reject(new Error('the list is away')) })
  await expect(hooked.verify(`Bearer ${await token()}`)).rejects.toThrow('the list is away')
  expect(() => verifier({ isRevoked: [] as never })).toThrow(/^isRevoked must be a function/)
})
