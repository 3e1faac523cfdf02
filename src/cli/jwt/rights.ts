import { isRecord } from '../../record.ts'
import type { Claims } from './jwt-part.ts'

export interface FoundRoles {
  /** The path of the claim, such as `realm_access.roles`. */
  readonly claim: string
  readonly roles: readonly string[]
}

/** Names of claims that hold a list of roles. */
const roleNames = ['roles', 'groups', 'entitlements', 'authorities', 'permissions', 'cognito:groups']

/** The scopes of a token, from a string or an array, in `scope` or in `scp` (Entra and Okta). */
export function findScopes(claims: Claims): string[] {
  return [...new Set(['scope', 'scp'].flatMap((claim) => words(claims[claim])))]
}

/** The roles of a token, at the top level and where Keycloak nests them (`realm_access`, `resource_access`). */
export function findRoles(claims: Claims): FoundRoles[] {
  return rolesBelow(claims, [])
}

const deepest = 3

function rolesBelow(value: unknown, path: readonly string[]): FoundRoles[] {
  if (!isRecord(value) || path.length > deepest) return []
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
