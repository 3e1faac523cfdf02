import { ClientConfigurationError } from '../errors.ts'
import { audienceOf, clientIdPath, namesAt, textAt } from './claim-places.ts'
import { someHolds } from './claim-tests.ts'
import type { Expectation } from './claims.ts'
import type { JsonObject } from './compact-jws.ts'
import type { ClaimPath, TokenProfile } from './profiles/token-profile.ts'

/** An access token that was checked: who calls, and what they may. */
export interface VerifiedToken {
  /** `iss`, or the issuer that was expected; undefined where pinned keys alone say who it is. */
  readonly issuer: string | undefined
  /** The client it was issued to. */
  readonly clientId: string
  /** `sub`, or what stands for it. For a token of a client that acts for itself without a `sub`: the client. */
  readonly subject: string | undefined
  /** For whom a client acts: for itself, for a user, or the token does not tell. */
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

/** The claims have been checked: those that are required are there, and of the right type. */
export function verifiedToken(claims: JsonObject, { profile, issuers }: Expectation): VerifiedToken {
  const clientClaim = clientIdPath(claims, profile.clientId)
  const clientId = (clientClaim && textAt(claims, clientClaim)) ?? ''
  const actsFor = whom(claims, profile, clientClaim)
  const subject = (profile.subject ?? subClaim).map((path) => textAt(claims, path)).find((text) => text !== undefined)
  return Object.freeze({
    issuer: typeof claims.iss === 'string' ? claims.iss : issuers[0],
    clientId,
    subject: subject ?? (actsFor === 'itself' ? clientId : undefined),
    actsFor,
    audience: Object.freeze((audienceOf(claims, profile.audience ?? audClaim) ?? []).map(String)),
    scope: Object.freeze([...new Set(profile.scope.flatMap((place) => namesAt(claims, place)))]),
    roles: Object.freeze([...new Set(profile.roles.flatMap((place) => namesAt(claims, place)))]),
    expiresAt: Number(claims.exp) * 1000,
    claims: deepFrozen(claims)
  })
}

function whom(claims: JsonObject, { client, user }: TokenProfile, clientId: ClaimPath | undefined) {
  const isClient = someHolds(client, claims, clientId)
  if (isClient === someHolds(user, claims, clientId)) return 'unknown'
  return isClient ? 'itself' : 'user'
}

/**
 * Whether a client acts for itself: nobody's permission but its own stands behind the token (RFC 9700 §4.15).
 * Its `sub` is then not to be taken for a user's.
 * @throws ClientConfigurationError when the token does not tell: see `profile`.
 */
export function isClientToken({ actsFor }: VerifiedToken): boolean {
  if (actsFor !== 'unknown') return actsFor === 'itself'
  const message =
    'The token does not tell whether a client or a user stands behind it, and a guess would be dangerous. Choose the profile of your server, or one of your own whose `client` and `user` tell them apart.'
  throw new ClientConfigurationError('ERR_INVALID_OPTION', message)
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
