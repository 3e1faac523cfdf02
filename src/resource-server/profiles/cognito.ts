import type { TokenProfile } from './token-profile.ts'

/**
 * Amazon Cognito user pools. `token_use` says what a token is. Unless a resource was asked for there is no `aud`: then the client's id is it, so
 * the option `audience` lists the app clients that may call, and the scopes (`users/read`) name the service. `username` stands in users'
 * tokens alone. (Its developer guide: Understanding the access token, Verifying JSON web tokens.)
 */
export function cognito(): TokenProfile {
  return {
    name: 'cognito',
    types: ['', 'jwt'],
    required: ['iss', 'sub', 'iat'],
    must: [{ at: ['token_use'], oneOf: ['access'] }],
    audience: [{ at: ['aud'] }, { at: ['client_id'] }],
    clientId: [['client_id']],
    scope: [{ at: ['scope'], form: 'words' }],
    roles: [{ at: ['cognito:groups'] }],
    client: [
      [
        { at: ['username'], is: 'absent' },
        { at: ['sub'], sameAs: 'clientId' }
      ]
    ],
    user: [[{ at: ['username'], is: 'present' }]]
  }
}
