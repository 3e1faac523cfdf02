import { idTokenClaims } from './id-token.ts'
import type { TokenProfile } from './token-profile.ts'

/**
 * Okta, tokens of a custom authorization server. `jti` begins with the kind of the token, and `uid` stands in users' tokens alone. Tokens of
 * the org authorization server are for Okta itself and have a type of their own. (Its API reference: OpenID Connect & OAuth 2.0, Access token.)
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
