import type { TokenProfile } from './token-profile.ts'

/**
 * JWT access tokens by RFC 9068, the default. The `sub` of a token without a user is the client's id (§2.2), and the server sees to it
 * that no user has such a name (§5).
 */
export function rfc9068(): TokenProfile {
  return {
    name: 'rfc9068',
    types: ['at+jwt'],
    required: ['iss', 'sub', 'iat', 'jti'],
    clientId: [['client_id']],
    scope: [{ at: ['scope'], form: 'words' }],
    roles: [{ at: ['roles'] }],
    client: [[{ at: ['sub'], sameAs: 'clientId' }]],
    user: [[{ at: ['sub'], differsFrom: 'clientId' }]]
  }
}
