import { idTokenClaims } from './id-token.ts'
import type { TokenProfile } from './token-profile.ts'

/**
 * PingOne and PingFederate, for JWT access tokens. A client's token of PingOne has neither `sub` nor `sid`. If a mapping adds a `sub`, a token is
 * recognized as a user's only if its `sub` is not the client id. PingFederate writes `iss`, `aud`, `iat` and `jti` only if it is configured to.
 * (PingOne Platform API: Token claims; PingFederate: JSON token management.)
 */
export function ping(): TokenProfile {
  return {
    name: 'ping',
    types: ['', 'jwt', 'at+jwt'],
    required: [],
    mustNot: idTokenClaims,
    clientId: [['client_id']],
    scope: [{ at: ['scope'], form: 'words' }],
    roles: [{ at: ['p1.permissions'] }],
    client: [
      [
        { at: ['sub'], is: 'absent' },
        { at: ['sid'], is: 'absent' }
      ]
    ],
    user: [[{ at: ['sid'], is: 'present' }], [{ at: ['sub'], differsFrom: 'clientId' }]]
  }
}
