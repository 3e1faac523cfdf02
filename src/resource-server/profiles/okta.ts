import { idTokenClaims } from './id-token.ts'
import type { TokenProfile } from './token-profile.ts'

/**
 * Okta, for tokens of a custom authorization server. The `jti` begins with the kind of token, and only tokens of users have a `uid`. Tokens of the org
 * authorization server are only for Okta itself. They have a type of their own and are refused.
 * (Okta API reference: OpenID Connect & OAuth 2.0, Access token.)
 */
export function okta(): TokenProfile {
  return {
    name: 'okta',
    types: ['', 'jwt', 'at+jwt'],
    required: ['iss', 'sub', 'iat', 'jti'],
    must: [{ at: ['jti'], startsWith: 'AT.' }],
    mustNot: idTokenClaims,
    clientId: [['cid']],
    scope: [{ at: ['scp'], form: 'words' }],
    roles: [{ at: ['groups'] }],
    client: [
      [
        { at: ['uid'], is: 'absent' },
        { at: ['sub'], sameAs: 'clientId' }
      ]
    ],
    user: [[{ at: ['uid'], is: 'present' }]]
  }
}
