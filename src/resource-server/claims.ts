import { audienceOf, clientIdPath } from './claim-places.ts'
import { holds } from './claim-tests.ts'
import type { JsonObject } from './compact-jws.ts'
import type { TokenProfile } from './profiles/token-profile.ts'
import { RefusedToken } from './token-refused-error.ts'

/** The claims that a token must have. */
export interface Expectation {
  /** The token must name one of them. If the list is empty, only the keys identify the issuer. */
  readonly issuers: readonly string[]
  /** The names of this service. The token must name one of them. */
  readonly audience: readonly string[]
  /** Accepts tokens without an audience. */
  readonly missingAudienceAccepted: boolean
  /** By how many milliseconds our clock and the issuer's may differ. */
  readonly clockTolerance: number
  /** How many milliseconds after `iat` a token is accepted at most. */
  readonly maxAge: number
  readonly profile: TokenProfile
}

const audClaim = [{ at: ['aud'] }] as const
const textClaims = ['iss', 'sub', 'jti'] as const
const dateClaims = ['iat', 'nbf'] as const

/** Checks the claims of a token whose signature is valid (RFC 9068 §4). @throws RefusedToken */
export function checkClaims(claims: JsonObject, expected: Expectation, now: number): void {
  const { issuers, profile } = expected
  checkKind(claims, profile)
  checkPresence(claims, expected)
  if (issuers.length > 0 && claims.iss !== undefined && !issuers.some((issuer) => issuer === claims.iss))
    throw new RefusedToken('wrong_issuer')
  checkAudience(claims, expected)
  checkTimes(claims, expected, now)
}

/** Refuses other kinds of tokens, because ID, refresh and logout tokens are signed with the same keys. */
function checkKind(claims: JsonObject, { must = [], mustNot = [] }: TokenProfile): void {
  const failed =
    must.find((test) => !holds(test, claims, undefined)) ?? mustNot.find((test) => holds(test, claims, undefined))
  if (failed !== undefined) throw new RefusedToken('wrong_type', { claim: failed.at.join('.') })
}

function checkPresence(claims: JsonObject, { profile, maxAge }: Expectation): void {
  const required = maxAge === Number.POSITIVE_INFINITY ? profile.required : [...profile.required, 'iat']
  const missing =
    required.find((name) => isMissing(claims[name])) ??
    textClaims.find((name) => claims[name] !== undefined && !isText(claims[name])) ??
    dateClaims.find((name) => claims[name] !== undefined && !isNumericDate(claims[name])) ??
    (clientIdPath(claims, profile.clientId) === undefined ? profile.clientId[0]?.join('.') : undefined)
  if (missing !== undefined) throw new RefusedToken('missing_claim', { claim: missing })
}

/** Checks that the audience is a string or a list of strings and names this service (RFC 7519 §4.1.3). */
export function checkAudience(claims: JsonObject, expected: Omit<Expectation, 'issuers' | 'maxAge'>): void {
  const places = expected.profile.audience ?? audClaim
  const named = audienceOf(claims, places)
  if (named === undefined && expected.missingAudienceAccepted) return
  if (named === undefined || !named.every(isText))
    throw new RefusedToken('missing_claim', { claim: places[0]?.at.join('.') })
  if (!named.some((name) => expected.audience.includes(name))) throw new RefusedToken('wrong_audience')
}

/** Checks the times. `exp` is required, `nbf` and `iat` are optional (RFC 7519 §4.1.4 to §4.1.6). */
export function checkTimes(
  claims: JsonObject,
  { clockTolerance, maxAge }: Pick<Expectation, 'clockTolerance' | 'maxAge'>,
  now: number
): void {
  const { exp, nbf, iat } = claims
  if (!isNumericDate(exp)) throw new RefusedToken('missing_claim', { claim: 'exp' })
  if (nbf !== undefined && !isNumericDate(nbf)) throw new RefusedToken('missing_claim', { claim: 'nbf' })
  if (iat !== undefined && !isNumericDate(iat)) throw new RefusedToken('missing_claim', { claim: 'iat' })
  if (now >= exp * 1000 + clockTolerance) throw new RefusedToken('expired')
  const begins = Math.max(nbf ?? Number.NEGATIVE_INFINITY, iat ?? Number.NEGATIVE_INFINITY)
  if (now < begins * 1000 - clockTolerance) throw new RefusedToken('not_yet_valid')
  if (iat === undefined) return
  if (iat > exp) throw new RefusedToken('contradictory_times')
  if (now >= iat * 1000 + maxAge + clockTolerance) throw new RefusedToken('too_old')
}

function isMissing(value: unknown): boolean {
  return value === undefined || value === null || value === ''
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

/** Whether the value is a time in seconds, possibly with a fraction. A very large number in JSON becomes infinite when it is parsed. */
function isNumericDate(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}
