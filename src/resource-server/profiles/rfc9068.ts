import type { TokenProfile } from './token-profile.ts'

/**
 * JWT access tokens as RFC 9068 defines them; the default. The `sub` of a client's own token is the client id (§2.2), and the server must make sure that
 * no user has the name of a client (§5).
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
