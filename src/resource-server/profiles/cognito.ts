import type { TokenProfile } from './token-profile.ts'

/**
 * Amazon Cognito user pools. The claim `token_use` says what kind of token it is. If the client asked for no resource, the token has no `aud`, and the
 * client id is used as the audience. Then the option `audience` lists the app clients that may call, and the scopes (`users/read`) name the service.
 * Only tokens of users have a `username`. (Cognito developer guide: Understanding the access token, Verifying JSON web tokens.)
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
