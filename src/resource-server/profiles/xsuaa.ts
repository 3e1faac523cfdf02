import { idTokenClaims } from './id-token.ts'
import type { TokenProfile } from './token-profile.ts'

export interface XsuaaOptions {
  /** `xsappname` of the service binding, as `users!t42`. */
  readonly appName: string
}

/**
 * SAP BTP, XSUAA. Scopes begin with the application that they belong to (`users!t42.read`): those of ours count without it, those of others not
 * at all. The audience is the application, up to the first dot, and where `aud` is empty the scopes name it. The `jti` of a refresh token ends
 * with `-r`. Its keys are at `<url>/token_keys`: `jwksUri()`. (SAP: XSUAA tokens; @sap/xssec: audience validation; UAA: token claims.)
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
