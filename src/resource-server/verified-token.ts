import { splitScope } from '../token/scope.ts'
import type { JsonObject } from './compact-jws.ts'
import { type RoleClaims, textsAt } from './role-claims.ts'

/** An access token that was checked: who calls, and what they may. */
export interface VerifiedToken {
  readonly issuer: string
  /** The client it was issued to. */
  readonly clientId: string
  /** `sub`: for a token of the client credentials grant the client itself. */
  readonly subject: string
  readonly audience: readonly string[]
  readonly scope: readonly string[]
  readonly roles: readonly string[]
  /** Epoch ms. */
  readonly expiresAt: number
  /** All claims, as they were signed or introspected. */
  readonly claims: JsonObject
}

/** Where the claims are that servers put in different places. */
export interface ClaimPlaces {
  readonly roles: RoleClaims
  readonly clientId: string
  readonly scope: string
}

/** The claims have been checked: those that are required are there, and of the right type. */
export function verifiedToken(claims: JsonObject, places: ClaimPlaces): VerifiedToken {
  return Object.freeze({
    issuer: String(claims.iss),
    clientId: String(claims[places.clientId]),
    subject: String(claims.sub),
    audience: Object.freeze([claims.aud].flat().map(String)),
    scope: Object.freeze(scopeIn(claims[places.scope])),
    roles: Object.freeze([...new Set(places.roles.flatMap((path) => textsAt(claims, path)))]),
    expiresAt: Number(claims.exp) * 1000,
    claims: deepFrozen(claims)
  })
}

/**
 * Whether a client acts for itself: nobody's permission but its own stands behind the token (RFC 9700 §4.15).
 * Its `sub` is then not to be taken for a user's.
 */
export function isClientToken({ subject, clientId }: VerifiedToken): boolean {
  return subject === clientId
}

/** One space-delimited string (RFC 8693 §4.2), or the array that a configured claim has. */
function scopeIn(value: unknown): string[] {
  if (typeof value === 'string') return splitScope(value)
  return Array.isArray(value) ? value.filter((member) => typeof member === 'string') : []
}

/** The same token serves many callers: none of them changes what the next one reads. Signed claims can nest deeply, so it does not recurse. */
function deepFrozen(claims: JsonObject): JsonObject {
  const pending: object[] = [claims]
  for (let value = pending.pop(); value !== undefined; value = pending.pop())
    pending.push(
      ...Object.values(Object.freeze(value)).filter((member) => typeof member === 'object' && member !== null)
    )
  return claims
}
