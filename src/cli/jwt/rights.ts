import type { Claims } from './jwt-part.ts'

export interface FoundRoles {
  /** Where in the claims: `realm_access.roles`. */
  readonly claim: string
  readonly roles: readonly string[]
}

/** Members whose value is a list of roles, wherever servers put them. */
const roleNames = ['roles', 'groups', 'entitlements', 'authorities', 'permissions', 'cognito:groups']

/** The scope tokens of a token, whether it holds a string or an array of them (`scp` at Entra and Okta). */
export function findScopes(claims: Claims): string[] {
  return [...new Set(['scope', 'scp'].flatMap((claim) => words(claims[claim])))]
}

/** The roles of a token: at the top, and as Keycloak nests them (`realm_access`, `resource_access`). */
export function findRoles(claims: Claims): FoundRoles[] {
  return rolesBelow(claims, [])
}

const deepest = 3

function rolesBelow(value: unknown, path: readonly string[]): FoundRoles[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || path.length > deepest) return []
  return Object.entries(value).flatMap(([name, member]) => {
    const here = [...path, name]
    if (!roleNames.includes(name))
      return path.length === 0 || path[0]?.endsWith('_access') ? rolesBelow(member, here) : []
    const roles = words(member)
    return roles.length === 0 ? [] : [{ claim: here.join('.'), roles }]
  })
}

function words(value: unknown): string[] {
  if (typeof value === 'string') return value.split(' ').filter((word) => word !== '')
  if (!Array.isArray(value)) return []
  return value.filter((member): member is string => typeof member === 'string')
}
