import { secureUrl } from '../http/secure-url.ts'
import { milliseconds, nonEmptyString, stringList, wrong } from '../wrong-option.ts'
import type { Expectation } from './claims.ts'
import { discoveredKeys } from './keys/published-keys.ts'
import type { KeySource } from './keys/verification-keys.ts'
import { checkedProfile, type ProfileOptions, profileOptionNames } from './profile-option.ts'
import type { TokenProfile } from './profiles/token-profile.ts'

/**
 * `{ [acceptPlainJwt]: true }` takes tokens of servers that do not follow RFC 9068: of type `JWT` or of none, and without `jti`.
 * An ID token of the same issuer then differs from an access token by its audience alone. A symbol, because no configuration file can set it.
 */
export const acceptPlainJwt: unique symbol = Symbol('service-token-client.acceptPlainJwt')

/**
 * `{ [acceptMissingAudience]: true }` takes tokens that say nothing about whom they are for: the scope has to name the service then, and
 * `demand` and the guards take only rules that ask for a scope. A token that has an `aud` must still name us.
 * Anyone with a token for another service of the same issuer can use it here, as far as its scope allows. It is a symbol, because no configuration file can set it.
 */
export const acceptMissingAudience: unique symbol = Symbol('service-token-client.acceptMissingAudience')

/** The options about whose tokens count. */
export interface TrustOptions extends ProfileOptions {
  readonly issuer?: string
  readonly audience?: string | readonly string[]
  readonly keys?: KeySource
  readonly algorithms?: readonly string[]
  readonly clockTolerance?: number
  readonly maxAge?: number
  readonly [acceptPlainJwt]?: boolean
  readonly [acceptMissingAudience]?: boolean
}

export const trustOptionNames = [
  'issuer',
  'audience',
  'keys',
  'algorithms',
  'clockTolerance',
  'maxAge',
  ...profileOptionNames
] as const

/** Whose tokens count, and which. */
export interface Trust {
  readonly keySource: KeySource
  readonly algorithms: readonly string[]
  readonly expected: Expectation
}

const mostTolerance = 5 * 60_000

/** @throws ClientConfigurationError */
export function checkTrust(options: TrustOptions, insecureHttpAllowed: boolean): Trust {
  const { keys = discoveredKeys, algorithms = keys.algorithms } = options
  const { clockTolerance = 5000, maxAge = Number.POSITIVE_INFINITY } = options
  const profile = checkedProfile(options, options[acceptPlainJwt] === true)
  const audience = [options.audience ?? profile.audiences ?? []].flat()
  if (audience.length === 0 && options.audience === undefined)
    wrong('audience', 'is missing', 'Give it: without, tokens for others would count here.', 'ERR_MISSING_OPTION')
  const usable = stringList('algorithms', algorithms)
  if (!usable.every((algorithm) => keys.algorithms.includes(algorithm)))
    wrong('algorithms', 'does not fit the keys', `Give some of those they are good for: ${keys.algorithms.join(', ')}.`)
  milliseconds('clockTolerance', clockTolerance, { least: 0, most: mostTolerance })
  if (options.maxAge !== undefined) milliseconds('maxAge', maxAge, { least: 1 })
  return {
    keySource: keys,
    algorithms: usable,
    expected: {
      issuers: checkIssuers(options, profile, keys, insecureHttpAllowed),
      audience: stringList('audience', audience),
      missingAudienceAccepted: options[acceptMissingAudience] === true,
      clockTolerance,
      maxAge,
      profile:
        keys.pinned || profile.required.includes('iss')
          ? profile
          : { ...profile, required: ['iss', ...profile.required] }
    }
  }
}

/** Whose tokens count. Only where the keys are pinned can a token, and then the options, do without a name for the issuer. */
function checkIssuers(
  { issuer }: TrustOptions,
  { issuers = [], required }: TokenProfile,
  { pinned = false }: KeySource,
  insecureHttpAllowed: boolean
): readonly string[] {
  if (issuer === undefined && issuers.length > 0) return stringList('profile.issuers', issuers)
  if (issuer === undefined && pinned && !required.includes('iss')) return []
  const named = nonEmptyString('issuer', issuer, 'Give a string.')
  if (!pinned || URL.canParse(named)) secureUrl('issuer', named, 'https://auth.internal', insecureHttpAllowed)
  // A tenant of Microsoft has two names, and each of them means the tenant.
  return issuers.includes(named) ? issuers : [named]
}
