import { idTokenClaims } from './id-token.ts'
import type { TokenProfile } from './token-profile.ts'

/**
 * PingOne and PingFederate (JSON web token access tokens). PingOne writes neither `sub` nor `sid` for a client; where a mapping gives it a
 * `sub`, only one that is not the client's id is known as a user's. PingFederate writes `iss`, `aud`, `iat` and `jti` where that is configured.
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
