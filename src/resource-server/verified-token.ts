import { ClientConfigurationError } from '../errors.ts'
import { distinct } from '../token/scope.ts'
import { audienceOf, clientIdPath, namesAt, textAt } from './claim-places.ts'
import { someHolds } from './claim-tests.ts'
import type { Expectation } from './claims.ts'
import type { JsonObject } from './compact-jws.ts'
import type { ClaimPath, NamesPlace, TokenProfile } from './profiles/token-profile.ts'

/** A verified access token: who calls, and what they may do. */
export interface VerifiedToken {
  /** `iss`, or the expected issuer. Undefined if only the fixed keys identify the issuer. */
  readonly issuer: string | undefined
  /** The client to which the token was issued. */
  readonly clientId: string
  /** `sub`, or the claim that replaces it. For a client that acts for itself without a `sub`, it is the client. */
  readonly subject: string | undefined
  /** For whom the client acts: for itself, for a user, or unknown if the token does not say. */
  readonly actsFor: 'itself' | 'user' | 'unknown'
  readonly audience: readonly string[]
  readonly scope: readonly string[]
  readonly roles: readonly string[]
  /** Epoch ms. */
  readonly expiresAt: number
  /** All claims, as they were signed or introspected. */
  readonly claims: JsonObject
}

const audClaim = [{ at: ['aud'] }] as const
const subClaim = [['sub']] as const
const none: readonly string[] = Object.freeze([])

/** A verified token, with an estimate of the memory that it needs. */
export interface SizedToken {
  readonly token: VerifiedToken
  readonly bytes: number
}

/** The claims have been checked: the required ones exist and have the right type. */
export function verifiedToken(claims: JsonObject, { profile, issuers }: Expectation): SizedToken {
  const clientClaim = clientIdPath(claims, profile.clientId)
  const clientId = (clientClaim && textAt(claims, clientClaim)) ?? ''
  const actsFor = whom(claims, profile, clientClaim)
  const subject = textAtFirst(claims, profile.subject ?? subClaim)
  const token = Object.freeze({
    issuer: typeof claims.iss === 'string' ? claims.iss : issuers[0],
    clientId,
    subject: subject ?? (actsFor === 'itself' ? clientId : undefined),
    actsFor,
    audience: Object.freeze((audienceOf(claims, profile.audience ?? audClaim) ?? []).map(String)),
    scope: namesIn(claims, profile.scope),
    roles: namesIn(claims, profile.roles),
    expiresAt: Number(claims.exp) * 1000,
    claims
  } as const)
  return { token, bytes: freezeDeep(claims) }
}

/** Whether a token needs a proof of a key (RFC 9449 §6). */
export function isBoundToKey({ claims: { cnf } }: { readonly claims: JsonObject }): boolean {
  return typeof cnf === 'object' && cnf !== null && 'jkt' in cnf
}

function textAtFirst(claims: JsonObject, paths: readonly ClaimPath[]): string | undefined {
  for (const path of paths) {
    const text = textAt(claims, path)
    if (text !== undefined) return text
  }
  return undefined
}

function namesIn(claims: JsonObject, places: readonly NamesPlace[]): readonly string[] {
  const [place] = places
  if (place === undefined) return none
  if (places.length === 1) return Object.freeze(namesAt(claims, place))
  return Object.freeze(distinct(places.flatMap((each) => namesAt(claims, each))))
}

function whom(claims: JsonObject, { client, user }: TokenProfile, clientId: ClaimPath | undefined) {
  const isClient = someHolds(client, claims, clientId)
  if (isClient === someHolds(user, claims, clientId)) return 'unknown'
  return isClient ? 'itself' : 'user'
}

/**
 * Whether a client acts for itself, so that the token does not represent a user (RFC 9700 §4.15).
 * Do not treat its `sub` as a user then.
 * @throws ClientConfigurationError if the token does not say; see `profile`.
 */
export function isClientToken({ actsFor }: VerifiedToken): boolean {
  if (actsFor !== 'unknown') return actsFor === 'itself'
  const message =
    'The token does not say whether it was issued to a client or for a user. Choose the profile of your server, or write one whose `client` and `user` distinguish them.'
  throw new ClientConfigurationError('ERR_INVALID_OPTION', message)
}

/**
 * Freezes the claims, because many callers share the same token. It does not recurse, because signed claims can be nested deeply. Returns about how many
 * bytes the claims need in memory, which can be a hundred times the length of their text.
 */
function freezeDeep(claims: JsonObject): number {
  const pending: JsonObject[] = [claims]
  let bytes = 500
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    bytes += 64
    for (const name of Object.keys(Object.freeze(value))) {
      const member = value[name]
      bytes += 40 + name.length
      if (typeof member === 'string') bytes += member.length
      else if (typeof member === 'object' && member !== null) pending.push(member as JsonObject)
    }
  }
  return bytes
}
