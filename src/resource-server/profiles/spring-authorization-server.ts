import { idTokenClaims } from './id-token.ts'
import type { TokenProfile } from './token-profile.ts'

const userGrants = [
  'authorization_code',
  'refresh_token',
  'urn:ietf:params:oauth:grant-type:device_code',
  'urn:ietf:params:oauth:grant-type:token-exchange'
]

/**
 * Spring Authorization Server: tokens of its `JwtGenerator`. `aud` is the client's id, unless a token customizer names the services there;
 * it then writes `client_id` too. ID tokens have no `nbf`. The `sub` is a user's name or a client's id, and nothing tells which: a customizer
 * that writes the grant as `grant_type` does. (Its reference: Protocol endpoints, How-to: customize tokens.)
 */
export function springAuthorizationServer(): TokenProfile {
  return {
    name: 'springAuthorizationServer',
    types: ['', 'jwt', 'at+jwt'],
    required: ['iss', 'sub', 'iat', 'nbf', 'jti'],
    mustNot: idTokenClaims,
    clientId: [['client_id'], ['azp'], ['aud']],
    scope: [{ at: ['scope'], form: 'words' }],
    roles: [
      { at: ['roles'], prefix: 'ROLE_' },
      { at: ['authorities'], prefix: 'ROLE_' }
    ],
    client: [[{ at: ['grant_type'], oneOf: ['client_credentials'] }]],
    user: [[{ at: ['grant_type'], oneOf: userGrants }]]
  }
}
