import { idTokenClaims } from './id-token.ts'
import type { TokenProfile } from './token-profile.ts'

/**
 * Auth0, for both of its access token profiles. The `sub` of a client is its client id with `@clients`, and the `sub` of a user is `connection|id`.
 * Auth0 assigns both, so a user cannot choose the name of a client. Role-based access control adds `permissions`, which this profile reads as roles.
 * (Auth0 documentation: Access token profiles.)
 */
export function auth0(): TokenProfile {
  return {
    name: 'auth0',
    types: ['jwt', 'at+jwt'],
    required: ['iss', 'sub', 'iat'],
    mustNot: idTokenClaims,
    clientId: [['azp'], ['client_id']],
    scope: [{ at: ['scope'], form: 'words' }],
    roles: [{ at: ['permissions'] }],
    client: [
      [{ at: ['sub'], sameAs: 'clientId', suffix: '@clients' }],
      [{ at: ['gty'], oneOf: ['client-credentials'] }]
    ],
    user: [[{ at: ['sub'], differsFrom: 'clientId', suffix: '@clients' }]]
  }
}
