import { idTokenClaims } from './id-token.ts'
import type { TokenProfile } from './token-profile.ts'

export interface ZitadelOptions {
  /** The project whose roles count here, beside those of the project that the client belongs to. */
  readonly project?: string
}

const roles = 'urn:zitadel:iam:org:project'

/**
 * ZITADEL, JWT access tokens. Roles are the names of an object's members. Most versions name no client: then the subject is it, a service
 * user's id or a person's, and nothing in the token tells which. ID tokens have no `jti`. (Its documentation: Claims, Reserved claims.)
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
