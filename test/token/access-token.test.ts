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
