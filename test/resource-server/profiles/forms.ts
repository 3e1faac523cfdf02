import { describe, expect, test } from 'vitest'
import {
  type AccessTokenVerifierOptions,
  accessTokenVerifier,
  isClientToken,
  jwks,
  type RefusalReason,
  type TokenProfile,
  type VerifiedToken
} from '../../../src/resource-server/index.ts'
import { audience, testIssuer } from '../issuer.ts'

const by = await testIssuer()
/** Epoch seconds. */
export const now = by.clock.wallTime() / 1000

/** The changes to the usual token (`undefined` removes a member), and the result: a part of the verified token, or the reason of the refusal. */
export type Form = readonly [
  what: string,
  claims: Readonly<Record<string, unknown>>,
  outcome: Partial<VerifiedToken> | RefusalReason,
  header?: Readonly<Record<string, unknown>>
]

export interface UsualToken {
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
}

/** A corpus of one server's tokens. Every signature is valid, so a token is refused only for its content. */
export function testProfile(
  profile: TokenProfile,
  options: Partial<AccessTokenVerifierOptions>,
  usual: UsualToken,
  forms: readonly Form[]
): void {
  const verifier = accessTokenVerifier({ audience, keys: jwks(by.keys), clock: by.clock, profile, ...options })
  const verify = (claims: object, header: object = {}) =>
    verifier.verify(`Bearer ${by.signed(text(usual.header, header), text(usual.claims, claims))}`)

  describe(profile.name, () => {
    for (const [what, claims, outcome, header] of forms)
      test(what, async () => {
        if (typeof outcome === 'string') {
          await expect(verify(claims, header)).rejects.toMatchObject({ reason: outcome, status: 401 })
          return
        }
        const token = await verify(claims, header)
        expect(token).toMatchObject(outcome)
        if (token.actsFor === 'unknown') expect(() => isClientToken(token)).toThrow(/does not say/)
        else expect(isClientToken(token)).toBe(token.actsFor === 'itself')
      })

    const hasIssuer = options.issuer !== undefined || profile.issuers !== undefined
    const wrongEverywhere: readonly Form[] = [
      ['an end that is over', { iat: now - 7200, nbf: now - 7200, exp: now - 60 }, 'expired'],
      ['no end', { exp: undefined }, 'missing_claim'],
      ['a time of issue to come', { iat: now + 60 }, 'not_yet_valid'],
      ['an end before the time of issue', { iat: now + 3, exp: now + 2 }, 'contradictory_times'],
      ['an audience that is somebody else', { aud: 'https://nobody.internal' }, 'wrong_audience'],
      ...(hasIssuer
        ? [['an issuer that is somebody else', { iss: 'https://evil.internal' }, 'wrong_issuer'] as const]
        : []),
      ['the type of a DPoP proof', {}, 'wrong_type', { typ: 'dpop+jwt' }],
      ['the type of a client assertion', {}, 'wrong_type', { typ: 'client-authentication+jwt' }],
      ['a binding that is not checked here', { cnf: { jkt: 'x' } }, 'unknown_binding']
    ]
    for (const [what, claims, reason, header] of wrongEverywhere)
      test(`${what} is refused here too`, async () => {
        await expect(verify(claims, header)).rejects.toMatchObject({ reason })
      })

    test('the corpus has twelve forms at least, right ones and wrong ones', () => {
      expect(forms.length).toBeGreaterThanOrEqual(12)
      expect(forms.some(([, , outcome]) => typeof outcome === 'string')).toBe(true)
      expect(forms.some(([, , outcome]) => typeof outcome === 'object')).toBe(true)
    })
  })
}

function text(usual: object, changes: object): string {
  return JSON.stringify({ ...usual, ...changes })
}
