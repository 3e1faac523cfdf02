import { idTokenClaims } from './id-token.ts'
import type { ClaimTest, TokenProfile } from './token-profile.ts'

const userSession: readonly ClaimTest[] = [
  { at: ['auth_time'], is: 'present' },
  { at: ['idp'], is: 'present' },
  { at: ['amr'], is: 'present' }
]

/**
 * Duende IdentityServer and IdentityServer4. The token of a client has no `sub`. The token of a user has one, and claims that say how and where the
 * user signed in. Scopes are an array or, if the server is configured so, a string.
 * (Duende documentation: Requesting tokens, API scopes, IdentityServer options.)
 */
export function duende(): TokenProfile {
  return {
    name: 'duende',
    types: ['at+jwt', 'jwt'],
    required: ['iss', 'iat'],
    mustNot: idTokenClaims,
    clientId: [['client_id']],
    scope: [{ at: ['scope'], form: 'words' }],
    roles: [{ at: ['role'], form: 'text' }],
    client: [[{ at: ['sub'], is: 'absent' }]],
    user: userSession.map((test) => [{ at: ['sub'], is: 'present' }, test])
  }
}
