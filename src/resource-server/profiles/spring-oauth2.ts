import { idTokenClaims } from './id-token.ts'
import type { TokenProfile } from './token-profile.ts'

/**
 * Spring Security OAuth, the library before Spring Authorization Server: tokens of its `JwtAccessTokenConverter`. They have neither `iss`,
 * `sub` nor `iat`, so the keys must be pinned; many have no `aud` either, see `acceptMissingAudience`. The converter writes `user_name` for
 * every user and for no client; a refresh token has `ati`. (Its reference: DefaultAccessTokenConverter, DefaultUserAuthenticationConverter.)
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
