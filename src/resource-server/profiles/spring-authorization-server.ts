import { idTokenClaims } from './id-token.ts'
import type { TokenProfile } from './token-profile.ts'

const userGrants = [
  'authorization_code',
  'refresh_token',
  'urn:ietf:params:oauth:grant-type:device_code',
  'urn:ietf:params:oauth:grant-type:token-exchange'
]

/**
 * Spring Authorization Server, for tokens of its `JwtGenerator`. The `aud` is the client id, unless a token customizer sets the services there; such a
 * customizer must also set `client_id`. ID tokens have no `nbf`. The `sub` is the name of a user or the id of a client, and by default nothing in the
 * token says which. A customizer can set `grant_type`, which this profile reads. (Spring reference: Protocol endpoints, How-to: customize tokens.)
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
