import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readChallenges, writeBearerChallenge } from '../../src/http/challenge.ts'

function read(field: string | readonly string[]): (readonly [string, Record<string, string>])[] {
  return readChallenges(field).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)])
}

test.each<[string, string | readonly string[], ReturnType<typeof read>]>([
  ['the scheme in any case', 'bEARER Realm="x"', [['bearer', { realm: 'x' }]]],
  ['a scheme alone', 'Negotiate', [['negotiate', {}]]],
  [
    'several in one line',
    'Basic realm="a, b", Bearer error="invalid_token", Newauth',
    [
      ['basic', { realm: 'a, b' }],
      ['bearer', { error: 'invalid_token' }],
      ['newauth', {}]
    ]
  ],
  [
    'several lines',
    ['Basic realm="x"', 'Bearer'],
    [
      ['basic', { realm: 'x' }],
      ['bearer', {}]
    ]
  ],
  [
    'a token68',
    'Negotiate YII/abc+==, Bearer scope="a b"',
    [
      ['negotiate', {}],
      ['bearer', { scope: 'a b' }]
    ]
  ],
  ['a comma and an escaped quote in a text', 'Bearer realm="a, \\"b\\" c"', [['bearer', { realm: 'a, "b" c' }]]],
  [
    'values without quotes',
    'Bearer error=invalid_token, scope=a',
    [['bearer', { error: 'invalid_token', scope: 'a' }]]
  ],
  ['space around the equals sign', 'Bearer realm = "x" , error= "y"', [['bearer', { realm: 'x', error: 'y' }]]],
  ['empty list members', ' , ,Bearer realm="x",, ,', [['bearer', { realm: 'x' }]]],
  [
    'quotes inside quotes',
    'Bearer error_description="the "new" one", error="invalid_token"',
    [['bearer', { error_description: 'the "new" one', error: 'invalid_token' }]]
  ],
  [
    'no commas between parameters',
    'Bearer error="invalid_token" scope="a"',
    [['bearer', { error: 'invalid_token', scope: 'a' }]]
  ],
  ['parameters without a scheme', 'error="invalid_token"', [['', { error: 'invalid_token' }]]],
  ['a text that does not end', 'Bearer error="invalid_token', [['bearer', { error: 'invalid_token' }]]],
  ['a line that ends inside an escape', 'Bearer error="x\\', [['bearer', { error: 'x\\' }]]],
  [
    'a line that does not end beside a good one',
    ['Basic realm="x', 'Bearer'],
    [
      ['basic', { realm: 'x' }],
      ['bearer', {}]
    ]
  ],
  ['a repeated parameter', 'Bearer scope="a", SCOPE="b"', [['bearer', { scope: 'a' }]]],
  ['a parameter named like a member of every object', 'Bearer __proto__="x"', [['bearer', { ['__proto__']: 'x' }]]],
  ['rubbish before a good one', '"=;@, Bearer error="x"', [['bearer', { error: 'x' }]]],
  ['nothing', '', []]
])('C69 %s is read', (_title, field, challenges) => {
  expect(read(field)).toEqual(challenges)
})

test('C69 a missing field contains no challenge', () => {
  expect(readChallenges(undefined)).toEqual([])
  expect(readChallenges(null)).toEqual([])
})

test('C69 no text makes the parser throw', () => {
  const piece = fc.constantFrom('Bearer', ' ', ',', '=', '"', '\\', 'error', 'a b', '\u0000', '/', '==', 'é')
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      expect(Array.isArray(readChallenges(pieces.join('')))).toBe(true)
    })
  )
})

test.each(['"', '\\"', 'a="', 'a ', '" a', '\\', ',"', 'a=" a'])(
  'C69 a hostile field of repeated %j is read in time that grows with its length',
  (piece) => {
    const steps = piece.repeat(100_000)
    expect(() => readChallenges(`Bearer ${steps}`)).not.toThrow() // a quadratic reader runs into the test's own limit
  }
)

test('R4 a challenge has the scheme, the realm and what else is known, each once', () => {
  const challenge = {
    realm: 'users',
    scope: ['read', 'write'],
    error: 'insufficient_scope',
    errorDescription: 'needs write',
    errorUri: 'https://docs.internal/scopes'
  } as const
  expect(writeBearerChallenge(challenge)).toBe(
    'Bearer realm="users", scope="read write", error="insufficient_scope", ' +
      'error_description="needs write", error_uri="https://docs.internal/scopes"'
  )
  expect(writeBearerChallenge({ realm: '', scope: [], error: undefined })).toBe('Bearer realm=""')
})

test('R4 nothing in a challenge can split the field or end a text', () => {
  const hostile = 'a"b\\c\r\nSet-Cookie: x=1\u0000é\u2028'
  const written = writeBearerChallenge({
    realm: hostile,
    scope: ['read', hostile, 'a b'],
    error: 'invalid_token',
    errorDescription: hostile,
    errorUri: `https://x/${hostile} y`
  })
  expect(written).toMatch(/^[\x20-\x7e]+$/)
  expect(read(written)).toEqual([
    [
      'bearer',
      {
        realm: 'a?b?c??Set-Cookie: x=1???',
        scope: 'read',
        error: 'invalid_token',
        error_description: 'a?b?c??Set-Cookie: x=1???',
        error_uri: 'https://x/a?b?c??Set-Cookie:%20x=1???%20y'
      }
    ]
  ])
})
