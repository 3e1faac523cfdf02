import { idTokenClaims } from './id-token.ts'
import type { TokenProfile } from './token-profile.ts'

export interface XsuaaOptions {
  /** The `xsappname` of the service binding, such as `users!t42`. */
  readonly appName: string
}

/**
 * XSUAA of SAP BTP. A scope begins with the name of its application (`users!t42.read`). The prefix is removed from scopes of this application, and scopes
 * of other applications are ignored. The audience is the name of the application, up to the first dot. If `aud` is empty, it is read from the scopes.
 * The `jti` of a refresh token ends with `-r`. The keys are at `<url>/token_keys`; use `jwksUri()`.
 * (SAP: XSUAA tokens; @sap/xssec: audience validation; UAA: token claims.)
 */
export function xsuaa({ appName }: XsuaaOptions): TokenProfile {
  return {
    name: 'xsuaa',
    types: ['jwt', ''],
    required: ['iss', 'iat', 'jti'],
    mustNot: [{ at: ['jti'], endsWith: '-r' }, ...idTokenClaims],
    audience: [
      { at: ['aud'], until: '.' },
      { at: ['scope'], until: '.' }
    ],
    audiences: [appName],
    clientId: [['client_id'], ['cid'], ['azp']],
    subject: [['sub'], ['user_id']],
    scope: [{ at: ['scope'], form: 'words', prefix: `${appName}.`, onlyPrefixed: true }],
    roles: [],
    client: [[{ at: ['grant_type'], oneOf: ['client_credentials', 'client_x509'] }]],
    user: [[{ at: ['user_name'], is: 'present' }], [{ at: ['user_id'], is: 'present' }]]
  }
}
