import { expect, test } from 'vitest'
import { bearerRoad } from '../support/bearer.ts'
import { accepting } from '../support/resource-server.ts'
import { undici } from '../support/undici.ts'

class Fields {
  *[Symbol.iterator](): Generator<[string, string]> {
    yield ['x-user', 'kept']
  }
}

function* generated(): Generator<[string, string]> {
  yield ['x-user', 'kept']
}

const forms: readonly (readonly [string, () => unknown, boolean])[] = [
  ['U10 undefined', () => undefined, false],
  ['U11 null', () => null, false],
  ['U12 an object', () => ({ 'x-user': 'kept' }), true],
  ['U12 an object with an array value', () => ({ 'x-user': ['kept'] }), true],
  ['U13 an object without prototype', () => Object.assign(Object.create(null), { 'x-user': 'kept' }), true],
  ['U14 a frozen object', () => Object.freeze({ 'x-user': 'kept' }), true],
  ['U15 a flat list', () => ['x-user', 'kept'], true],
  ['U16 a frozen flat list', () => Object.freeze(['x-user', 'kept']), true],
  ['U17 a list of pairs', () => [['x-user', 'kept']], true],
  ['U18 a Map', () => new Map([['x-user', 'kept']]), true],
  ['U19 Headers of undici', () => new undici.Headers({ 'x-user': 'kept' }), true],
  ['U20 Headers of the platform', () => new Headers({ 'x-user': 'kept' }), true],
  ['U21 a generator', generated, true],
  ['U22 an iterable of the caller', () => new Fields(), true],
  ['U22 an object with its own iterator', () => ({ [Symbol.iterator]: generated }), true],
  ['U24 authorization: undefined', () => ({ 'x-user': 'kept', Authorization: undefined }), true],
  ['U24 authorization: undefined in a list', () => ['x-user', 'kept', 'Authorization', undefined], true]
]

const states = [
  { state: 'warm', warm: true, accepted: 't1', sent: ['Bearer t1'] },
  { state: 'cold', warm: false, accepted: 't1', sent: ['Bearer t1'] },
  { state: 'after a 401', warm: true, accepted: 't2', sent: ['Bearer t1', 'Bearer t2'] }
]

const cases = states.flatMap(({ state, ...rest }) =>
  forms.map(([form, headers, hasUser]) => ({ title: `${form}, ${state}`, headers, hasUser, ...rest }))
)

test.each(cases)('D21 C26 $title: fields are kept, one Authorization goes out, the input stays', async (row) => {
  const { server, agent } = await bearerRoad({ warm: row.warm, answer: accepting(row.accepted) })
  const headers = row.headers()
  const before = JSON.stringify(headers)

  const { statusCode, body } = await undici.request(server.origin, { dispatcher: agent, headers: headers as string[] })

  expect(await body.text()).toBe('/')
  expect(statusCode).toBe(200)
  expect(server.requests.map(({ authorization }) => authorization)).toEqual(row.sent)
  for (const { rawHeaders, headers: received } of server.requests) {
    expect(rawHeaders.filter((name) => name.toLowerCase() === 'authorization')).toHaveLength(1)
    expect(received['x-user']).toBe(row.hasUser ? 'kept' : undefined)
  }
  expect(JSON.stringify(headers)).toBe(before)
})

const own: readonly (readonly [string, () => unknown])[] = [
  ['an object', () => ({ authorization: 'Basic mine' })],
  ['an object in another case', () => ({ AUTHORIZATION: 'Basic mine' })],
  ['a flat list', () => ['Authorization', 'Basic mine']],
  ['a Map', () => new Map([['authorization', 'Basic mine']])],
  ['Headers', () => new Headers({ authorization: 'Basic mine' })],
  ['a generator', () => new Map([['Authorization', 'Basic mine']]).entries()]
]

test.each(own)("D20 U23 the caller's own Authorization in %s wins, and its 401 is its own", async (_form, headers) => {
  const { server, agent, tokens, rejections } = await bearerRoad({ answer: accepting('t1') })
  const { statusCode, body } = await undici.request(server.origin, {
    dispatcher: agent,
    headers: headers() as string[]
  })
  await body.dump()
  expect(statusCode).toBe(401)
  expect(server.requests.map(({ authorization }) => authorization)).toEqual(['Basic mine'])
  expect(tokens.issued).toBe(1)
  expect(rejections).toEqual([])
})

test.each([
  ['an odd list', () => ['x-user'], /even/],
  ['a string', () => 'x-user: kept', /headers must be an object or an array/],
  ['pairs of which one has no value', () => [['x-user', 'kept'], ['x-other']], /.+/],
  ['pairs beside something else', () => new Set([['x-user', 'kept'], 'no']), /key-value pair/],
  ['an iterable of something else', () => new Set(['x-user']), /key-value pair/]
])('U25 malformed headers, %s, get the words of undici and no token', async (_form, headers, message) => {
  const { server, agent } = await bearerRoad()
  const sent = undici.request(server.origin, { dispatcher: agent, headers: headers() as unknown as string[] })
  await expect(sent).rejects.toThrow(message)
  expect(server.requests).toEqual([])
})

test('U26 frozen options used again after a rotation get the new token', async () => {
  const { server, agent } = await bearerRoad({ answer: accepting('t2') })
  const options = Object.freeze({ dispatcher: agent, headers: Object.freeze({ 'x-user': 'kept' }) })
  for (const _ of [1, 2]) {
    const { statusCode, body } = await undici.request(server.origin, options)
    await body.dump()
    expect(statusCode).toBe(200)
  }
  expect(server.requests.map(({ authorization }) => authorization)).toEqual(['Bearer t1', 'Bearer t2', 'Bearer t2'])
})
