import { expect, test } from 'vitest'
import { allOf, anyOf, authenticated, type Rule, roles, scopes } from '../../src/resource-server/index.ts'
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
  ['an empty role', () => roles('')],
  ['anyOf', () => anyOf(...([] as unknown as [Rule]))],
  ['allOf', () => allOf(...([] as unknown as [Rule]))]
])('R43 a rule of nothing is a mistake, not a permission: %s', (_what, make) => {
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
