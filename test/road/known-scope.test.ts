import { expect, test } from 'vitest'
import { road } from '../support/road.ts'

const known = { scope: 'read_user' }

test.each([
  ['one string', { scope: 'read_user' }],
  ['one string with spaces around', { scope: ' read_user ' }],
  ['a list', { scope: ['read_user'] }],
  ['a list with a repeat', { scope: ['read_user', 'read_user'] }],
  ['a member that is undefined beside', { scope: 'read_user', maxWait: undefined } as object]
])('the scope of a token at hand is known again as %s', async (_, options) => {
  const { tokens, tokenRequests } = await road()
  const token = await tokens.getToken(known)
  expect(await tokens.getToken(options)).toBe(token)
  expect(tokenRequests()).toBe(1)
})

test.each([
  ['an unknown option', { scope: 'read_user', scpoe: 'admin' }, 'getToken.scpoe is not an option'],
  ['a wrong time', { scope: 'read_user', maxWait: -1 }, 'getToken.maxWait is out of range'],
  ['several members in one', { scope: ['read_user write_user'] }, 'getToken.scope has a member that is empty or'],
  ['an empty member', { scope: [''] }, 'getToken.scope has a member that is empty or'],
  ['the key of a request with an audience', { scope: '[[],"users",[],[]]' }, 'getToken.scope has a member'],
  ['the same in a list', { scope: ['[[],"users",[],[]]'] }, 'getToken.scope has a member'],
  ['no object', 'read_user', 'getToken must be an object'],
  ['null', null, 'getToken must be an object']
])('a token at hand hides no fault of a call: %s', async (_, options, message) => {
  const { tokens } = await road()
  await tokens.getToken(known)
  await tokens.getToken({ scope: ['read_user', 'write_user'] })
  await tokens.getToken({ audience: 'users' })
  await tokens.getToken({ scope: [] })
  await expect(tokens.getToken(options as never)).rejects.toThrow(message)
})

test('a caller whose signal is aborted gets its reason, and no token at hand', async () => {
  const { tokens } = await road()
  await tokens.getToken(known)
  const reason = new Error('gone')
  await expect(tokens.getToken({ ...known, signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
})

test('a scope that the prototype of the options has is no option, known or not', async () => {
  const { tokens } = await road({ scope: ['admin'] })
  const other = await tokens.getToken(known)
  const inherited = Object.create(known) as object
  expect(await tokens.getToken(inherited)).not.toBe(other)
  expect((await tokens.getToken(inherited)).scope).toEqual(['admin'])
})

test('a scope is asked for anew with what else the client asks for by default', async () => {
  const { tokens, tokenRequests } = await road({ audience: 'users' })
  const token = await tokens.getToken(known)
  expect(await tokens.getToken(known)).toBe(token)
  expect(tokenRequests()).toBe(1)
})

test('a scope whose token has ended is asked for again', async () => {
  const { tokens, tokenRequests, clock } = await road()
  const token = await tokens.getToken(known)
  await clock.advance(24 * 3_600_000)
  const later = await tokens.getToken(known)
  expect(later.value).not.toBe(token.value)
  expect(tokenRequests()).toBeGreaterThan(1)
})
