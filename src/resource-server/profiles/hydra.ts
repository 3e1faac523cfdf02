import { idTokenClaims } from './id-token.ts'
import type { TokenProfile } from './token-profile.ts'

/**
 * Ory Hydra and Ory Network, JWT access tokens. Scopes are an array `scp`, one text `scope`, or both; what a consent adds is in `ext`. The
 * `sub` of a client's token is its id. (Its documentation: JWT access tokens, Client credentials.)
 */
export function hydra(): TokenProfile {
  return {
    name: 'hydra',
    types: ['jwt', 'at+jwt', ''],
    required: ['iss', 'sub', 'iat', 'jti'],
    mustNot: idTokenClaims,
    clientId: [['client_id']],
    scope: [
      { at: ['scp'], form: 'words' },
      { at: ['scope'], form: 'words' }
    ],
    roles: [{ at: ['ext', 'roles'] }],
    client: [[{ at: ['sub'], sameAs: 'clientId' }]],
    user: [[{ at: ['sub'], differsFrom: 'clientId' }]]
  }
}
