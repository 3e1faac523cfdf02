/** The paths of the claims that contain roles, such as `[['realm_access', 'roles']]`. */
export type RoleClaims = readonly (readonly string[])[]

/** Where the roles are in the tokens of known servers. */
export const roleClaims = {
  /** `roles` (RFC 9068 §2.2.3.1). */
  rfc9068: [['roles']],
  /** `authorities`, as Spring Authorization Server is often set up. */
  spring: [['authorities']],
  /** App roles of Microsoft Entra ID: `roles`. */
  entra: [['roles']],
  /** Keycloak's realm roles and, if `client` is named, the roles at that client. Roles at other clients are ignored. */
  keycloak: (client?: string): RoleClaims => [
    ['realm_access', 'roles'],
    ...(client === undefined ? [] : [['resource_access', client, 'roles']])
  ]
} as const satisfies Record<string, RoleClaims | ((client?: string) => RoleClaims)>
