import type { TokenProfile } from './token-profile.ts'

export interface KeycloakOptions {
  /** The client whose roles count here, beside those of the realm. */
  readonly client?: string
}

const serviceAccount = { at: ['preferred_username'], startsWith: 'service-account-' } as const

/**
 * Keycloak: the claim `typ` says what a token is. Anybody may be called `service-account-…` where users register themselves, so the
 * session notes that only a service account has must be there too: `client_id` (`clientId` before Keycloak 23) and `clientAddress`.
 * A lightweight token has no `sub`. (Its Server Administration Guide: Service accounts, Protocol mappers, Lightweight access tokens.)
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
