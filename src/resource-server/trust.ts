import { secureUrl } from '../http/secure-url.ts'
import { milliseconds, nonEmptyString, stringList, wrong } from '../wrong-option.ts'
import type { Expectation } from './claims.ts'
import { discoveredKeys } from './keys/published-keys.ts'
import type { KeySource } from './keys/verification-keys.ts'
import { checkedProfile, type ProfileOptions, profileOptionNames } from './profile-option.ts'
import type { TokenProfile } from './profiles/token-profile.ts'

/**
 * `{ [acceptPlainJwt]: true }` accepts tokens of servers that do not follow RFC 9068: their type is `JWT` or missing, and they may have no `jti`.
 * Then only the audience tells an access token from an ID token of the same issuer. It is a symbol, because no configuration file can set it.
 */
export const acceptPlainJwt: unique symbol = Symbol('service-token-client.acceptPlainJwt')

/**
 * `{ [acceptMissingAudience]: true }` accepts tokens without an audience. Then the scope has to name the service, and `demand` and the guards
 * accept only rules that require a scope. If a token has an `aud`, it must still name this service.
 * Anyone with a token for another service of the same issuer can use it here, as far as its scope allows. It is a symbol, because no configuration file can set it.
 */
export const acceptMissingAudience: unique symbol = Symbol('service-token-client.acceptMissingAudience')

/** The options that decide which tokens are trusted. */
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

/** The checked trust options. */
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
    wrong(
      'audience',
      'is missing',
      'Give the name of this service. Without it, tokens for other services would be accepted.',
      'ERR_MISSING_OPTION'
    )
  const usable = stringList('algorithms', algorithms)
  if (!usable.every((algorithm) => keys.algorithms.includes(algorithm)))
    wrong('algorithms', 'does not fit the keys', `Give some of: ${keys.algorithms.join(', ')}.`)
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

/** Returns the accepted issuers. The options can leave the issuer out only if the keys are pinned and the profile allows tokens without `iss`. */
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
  // Each tenant of Microsoft Entra ID has two issuer names, and both are accepted.
  return issuers.includes(named) ? issuers : [named]
}
