import { idTokenClaims } from './id-token.ts'
import type { TokenProfile } from './token-profile.ts'

/**
 * Ory Hydra and Ory Network, for JWT access tokens. Scopes are an array in `scp`, a string in `scope`, or both. Claims that a consent adds are in `ext`.
 * The `sub` of a client's token is the client id. (Ory documentation: JWT access tokens, Client credentials.)
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
