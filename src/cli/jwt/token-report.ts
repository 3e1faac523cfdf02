import { type HeaderSize, headerSize } from './header-size.ts'
import { type Claims, decoded } from './jwt-part.ts'
import { type FoundRoles, findRoles, findScopes } from './rights.ts'

/** A time that a claim states. */
export interface ClaimedTime {
  readonly claim: string
  /** What the claim is for. */
  readonly about: string
  /** Epoch ms; undefined if the claim is not a number of seconds (RFC 7519 §2). */
  readonly at: number | undefined
}

/** What a signed token says about itself. None of it is verified, and the signature is left out. */
export interface TokenReport {
  readonly header: Claims
  readonly claims: Claims
  readonly times: readonly ClaimedTime[]
  readonly scopes: readonly string[]
  readonly roles: readonly FoundRoles[]
  readonly size: HeaderSize
}

const timeClaims: Readonly<Record<string, string>> = {
  iat: 'issued',
  nbf: 'valid from',
  exp: 'expires',
  auth_time: 'user signed in'
}

/** Reads a token of three parts. Undefined if its header or its claims are not a JSON object. */
export function reportOf(token: string): TokenReport | undefined {
  const [header, claims] = token.split('.').slice(0, 2).map(decoded)
  if (header === undefined || claims === undefined) return undefined
  return {
    header,
    claims,
    times: timesOf(claims),
    scopes: findScopes(claims),
    roles: findRoles(claims),
    size: headerSize(token)
  }
}

function timesOf(claims: Claims): ClaimedTime[] {
  return Object.entries(timeClaims)
    .filter(([claim]) => Object.hasOwn(claims, claim))
    .map(([claim, about]) => ({ claim, about, at: epochOf(claims[claim]) }))
}

const lastDate = 8.64e15

function epochOf(seconds: unknown): number | undefined {
  if (typeof seconds !== 'number') return undefined
  const at = seconds * 1000
  return Math.abs(at) <= lastDate ? at : undefined
}
