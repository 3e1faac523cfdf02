import { idTokenClaims } from './id-token.ts'
import type { TokenProfile } from './token-profile.ts'

export interface ZitadelOptions {
  /** The project of this service. Its roles are read in addition to those of the client's own project. */
  readonly project?: string
}

const roles = 'urn:zitadel:iam:org:project'

/**
 * ZITADEL, for JWT access tokens. Roles are the keys of an object. Most versions do not name the client, so the subject is used as the client id. It is
 * the id of a service user or of a person, and nothing in the token says which. ID tokens have no `jti`. (ZITADEL documentation: Claims, Reserved claims.)
 */
export function zitadel({ project }: ZitadelOptions = {}): TokenProfile {
  return {
    name: 'zitadel',
    types: ['', 'jwt', 'at+jwt'],
    required: ['iss', 'sub', 'iat', 'jti'],
    mustNot: idTokenClaims,
    clientId: [['client_id'], ['azp'], ['sub']],
    scope: [{ at: ['scope'], form: 'words' }],
    roles: [
      { at: [`${roles}:roles`], form: 'keys' },
      ...(project === undefined ? [] : [{ at: [`${roles}:${project}:roles`], form: 'keys' as const }])
    ],
    client: [],
    user: []
  }
}
