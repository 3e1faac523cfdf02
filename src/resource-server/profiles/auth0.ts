import { idTokenClaims } from './id-token.ts'
import type { TokenProfile } from './token-profile.ts'

/**
 * Auth0, both of its access token profiles. The `sub` of a machine is its client id with `@clients`, that of a user `connection|id`:
 * nobody chooses either. `permissions` are what role-based access control adds. (Its documentation: Access token profiles.)
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
