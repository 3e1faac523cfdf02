import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { AccessToken } from '../../src/token/access-token.ts'
import { Secret } from '../../src/token/secret.ts'

const token = new AccessToken({ value: 'marker-8f2a', scope: ['read'], obtainedAt: 1, expiresAt: 2, serial: 3 })

test('X16 a logged token shows when it ends and never its value', () => {
  const surfaces = [
    String(token),
    `${token}`,
    JSON.stringify(token),
    inspect(token, { showHidden: true, depth: Number.POSITIVE_INFINITY, getters: true }),
    inspect(structuredClone(token), { showHidden: true })
  ]
  for (const surface of surfaces) expect(surface).not.toContain('marker-8f2a')
  expect(`${token}`).toBe('AccessToken { serial: 3, value: [redacted] }')
  expect(inspect(token)).toMatch(/^AccessToken \{.*expiresAt: 2.*value: '\[redacted\]'/s)
  expect(JSON.parse(JSON.stringify(token))).toMatchObject({ serial: 3, expiresAt: 2, scope: ['read'] })
})

test.each([true, 'get', 'set'] as const)(
  'W29 X16 console.dir with hidden fields and getters: %j shows no token',
  (getters) => {
    // What console.dir does: the inspector of the class is passed by.
    const options = { customInspect: false, showHidden: true, getters, depth: null }
    const holders = [
      token,
      { token },
      [token],
      new Map([[token, token]]),
      Object.getPrototypeOf(token),
      new Error('x', { cause: token })
    ]
    for (const holder of holders) expect(inspect(holder, options)).not.toContain('marker-8f2a')
    expect(inspect(token, options)).toContain('expiresAt: 2')
    expect(token).toBeInstanceOf(AccessToken)
  }
)

test('X11 a logged secret says that it is one, and nothing else', () => {
  const secret = new Secret('marker-8f2a')
  expect([`${secret}`, JSON.stringify({ secret }), inspect({ secret })]).toEqual([
    '[redacted]',
    '{"secret":"[redacted]"}',
    '{ secret: Secret [redacted] }'
  ])
})

test('C26 the authorization value is the scheme in the case that every resource server takes, one space, the token', () => {
  expect(token.authorization).toBe('Bearer marker-8f2a')
  expect(token.value).toBe('marker-8f2a')
})
