import type { TokenProfile } from './token-profile.ts'

export interface KeycloakOptions {
  /** The client of this service in Keycloak. Its client roles are read in addition to the realm roles. */
  readonly client?: string
}

const serviceAccount = { at: ['preferred_username'], startsWith: 'service-account-' } as const

/**
 * Keycloak. The claim `typ` says what kind of token it is. Users who register themselves can choose a name such as `service-account-…`, so a client's
 * token must also have a claim that only service accounts get: `client_id` (`clientId` before Keycloak 23) or `clientAddress`. A lightweight token has
 * no `sub`. (Keycloak Server Administration Guide: Service accounts, Protocol mappers, Lightweight access tokens.)
 */
export function keycloak({ client }: KeycloakOptions = {}): TokenProfile {
  return {
    name: 'keycloak',
    types: ['jwt', 'at+jwt'],
    required: ['iss', 'iat', 'jti'],
    must: [{ at: ['typ'], oneOf: ['Bearer', 'DPoP'] }],
    clientId: [['azp']],
    scope: [{ at: ['scope'], form: 'words' }],
    roles: [
      { at: ['realm_access', 'roles'] },
      ...(client === undefined ? [] : [{ at: ['resource_access', client, 'roles'] }])
    ],
    client: [
      [serviceAccount, { at: ['client_id'], sameAs: 'clientId' }],
      [serviceAccount, { at: ['clientId'], sameAs: 'clientId' }],
      [serviceAccount, { at: ['clientAddress'], is: 'present' }]
    ],
    user: [[{ at: ['preferred_username'], notStartsWith: 'service-account-' }]]
  }
}
