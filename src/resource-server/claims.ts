import type { JsonObject } from './compact-jws.ts'
import { RefusedToken } from './token-refused-error.ts'

/** What every token must say. */
export interface Expectation {
  readonly issuer: string
  /** Our identifiers; one of them is enough. */
  readonly audience: readonly string[]
  /** Milliseconds by which our clock and the issuer's may differ. */
  readonly clockTolerance: number
  /** Names of claims that must be non-empty strings. */
  readonly required: readonly string[]
}

/** Checks the claims of a token whose signature is good (RFC 9068 §4). @throws RefusedToken */
export function checkClaims(claims: JsonObject, expected: Expectation, now: number): void {
  for (const name of expected.required) if (!isText(claims[name])) throw new RefusedToken('missing_claim')
  if (!isNumericDate(claims.iat)) throw new RefusedToken('missing_claim')
  if (claims.iss !== expected.issuer) throw new RefusedToken('wrong_issuer')
  checkAudience(claims.aud, expected.audience)
  checkTimes(claims, expected.clockTolerance, now)
}

/** `aud` is a string or an array of strings, and names us (RFC 7519 §4.1.3). */
export function checkAudience(aud: unknown, ours: readonly string[]): void {
  const named: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  if (!named.every(isText)) throw new RefusedToken('missing_claim')
  if (!named.some((member) => ours.includes(member))) throw new RefusedToken('wrong_audience')
}

/** `exp` must be there, `nbf` may (RFC 7519 §4.1.4, §4.1.5). */
export function checkTimes({ exp, nbf }: JsonObject, clockTolerance: number, now: number): void {
  if (!isNumericDate(exp) || (nbf !== undefined && !isNumericDate(nbf))) throw new RefusedToken('missing_claim')
  if (now >= exp * 1000 + clockTolerance) throw new RefusedToken('expired')
  if (nbf !== undefined && now < nbf * 1000 - clockTolerance) throw new RefusedToken('not_yet_valid')
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

/** Seconds, whole or not. JSON can hold a number that is infinite here. */
function isNumericDate(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}
