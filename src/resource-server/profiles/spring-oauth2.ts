import { idTokenClaims } from './id-token.ts'
import type { TokenProfile } from './token-profile.ts'

/**
 * Spring Security OAuth, the predecessor of Spring Authorization Server, for tokens of its `JwtAccessTokenConverter`. They have no `iss`, `sub` or `iat`,
 * so the keys must be fixed. Many have no `aud` either; see `acceptMissingAudience`. Tokens of users have a `user_name`, and tokens of clients do not.
 * A refresh token has `ati`. (Spring reference: DefaultAccessTokenConverter, DefaultUserAuthenticationConverter.)
 */
export function springOAuth2(): TokenProfile {
  return {
    name: 'springOAuth2',
    types: ['jwt', ''],
    required: ['jti'],
    mustNot: [{ at: ['ati'], is: 'present' }, ...idTokenClaims],
    clientId: [['client_id']],
    subject: [['sub'], ['user_name']],
    scope: [{ at: ['scope'], form: 'words' }],
    roles: [{ at: ['authorities'], prefix: 'ROLE_' }],
    client: [
      [
        { at: ['user_name'], is: 'absent' },
        { at: ['sub'], is: 'absent' }
      ],
      [{ at: ['grant_type'], oneOf: ['client_credentials'] }]
    ],
    user: [[{ at: ['user_name'], is: 'present' }]]
  }
}
