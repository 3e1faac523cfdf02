import { type Clock, systemClock } from '../clock.ts'
import type { ConnectOptions } from '../http/connect-options.ts'
import type { Dispatcher } from '../http/dispatcher.ts'
import { allowInsecureHttp } from '../http/insecure-http.ts'
import { checkedTransport, type Transport } from '../http/transport-options.ts'
import { checkedFields, kindOf, nonEmptyString, wrong } from '../wrong-option.ts'
import type { ForwardedCertificate } from './certificate-binding.ts'
import type { Expectation } from './claims.ts'
import type { Introspection } from './introspection.ts'
import { discoveredKeys } from './keys/published-keys.ts'
import type { KeySource } from './keys/verification-keys.ts'
import { type RoleClaims, roleClaims } from './role-claims.ts'
import { secureUrl } from './secure-url.ts'
import type { ClaimPlaces } from './verified-token.ts'

/**
 * `{ [acceptPlainJwt]: true }` takes tokens of servers that do not follow RFC 9068: of type `JWT` or of none, and without `jti`.
 * An ID token of the same issuer then differs from an access token by its audience alone. A symbol, because no configuration file can set it.
 */
export const acceptPlainJwt: unique symbol = Symbol('service-token-client.acceptPlainJwt')

export interface AccessTokenVerifierOptions {
  /** Exactly as it stands in the tokens. */
  readonly issuer: string
  /** Who we are: one of these must be in the token's `aud`. */
  readonly audience: string | readonly string[]
  /** Where the issuer's keys come from: `jwksUri()`, `jwks()`, `publicKey()` or `sharedSecret()`. Found by the issuer's metadata, if left out. */
  readonly keys?: KeySource
  /** Those that tokens may be signed with; all that the keys are good for, if left out. */
  readonly algorithms?: readonly string[]
  /** Milliseconds by which the issuer's clock may differ from ours; 5 seconds by default, 5 minutes at most. */
  readonly clockTolerance?: number
  /** Where the roles are; `roleClaims.rfc9068` by default. */
  readonly roles?: RoleClaims
  /** The claim with the client's id; `client_id` by default. */
  readonly clientIdClaim?: string
  /** The claim with the scope, as a string or an array; `scope` by default. */
  readonly scopeClaim?: string
  /** How opaque tokens are asked about; they are refused, if left out. */
  readonly introspection?: Introspection
  /** Where a proxy that ends TLS puts the client's certificate. */
  readonly forwardedCertificate?: ForwardedCertificate
  /** The `realm` of challenges; the audience by default. */
  readonly realm?: string
  /** The URL of this resource's metadata (RFC 9728), named in challenges. */
  readonly resourceMetadata?: string
  /** How requests to the issuer travel, in place of own connections. */
  readonly dispatcher?: Dispatcher
  /** TLS of own connections to the issuer. */
  readonly connect?: ConnectOptions
  readonly clock?: Clock
  readonly [acceptPlainJwt]?: boolean
  /** Takes the issuer's keys and answers over plain HTTP from another machine. */
  readonly [allowInsecureHttp]?: boolean
}

export interface CheckedOptions {
  readonly trust: Trust
  readonly insecureHttpAllowed: boolean
  readonly transport: Transport
  readonly clock: Clock
  readonly introspection: Introspection | undefined
  readonly challenge: { readonly realm: string; readonly resourceMetadata: string | undefined }
  readonly forwardedCertificate: ForwardedCertificate | undefined
}

/** Whose tokens count, and which. */
export interface Trust {
  readonly keySource: KeySource
  readonly algorithms: readonly string[]
  readonly types: readonly string[]
  readonly expected: Expectation
  readonly places: ClaimPlaces
}

const known = [
  ...['issuer', 'audience', 'keys', 'algorithms', 'clockTolerance', 'roles', 'clientIdClaim', 'scopeClaim'],
  ...['introspection', 'forwardedCertificate', 'realm', 'resourceMetadata', 'dispatcher', 'connect', 'clock']
]
const mostTolerance = 5 * 60_000
const aMinute = 60_000

/** @throws ClientConfigurationError that names the option and the remedy. */
export function checkOptions(options: AccessTokenVerifierOptions): CheckedOptions {
  checkedFields('accessTokenVerifier options', options, known)
  const insecureHttpAllowed = options[allowInsecureHttp] === true
  const trust = checkTrust(options, insecureHttpAllowed)
  const { introspection, forwardedCertificate, dispatcher, connect, clock = systemClock, resourceMetadata } = options
  const realm = text('realm', options.realm ?? trust.expected.audience.join(' '))
  if (resourceMetadata !== undefined) secureUrl('resourceMetadata', resourceMetadata, insecureHttpAllowed)
  return {
    trust,
    insecureHttpAllowed,
    transport: checkedTransport({ dispatcher, connect }),
    clock,
    introspection: introspection && checkIntrospection(introspection, insecureHttpAllowed),
    challenge: { realm, resourceMetadata },
    forwardedCertificate: forwardedCertificate && checkForwarded(forwardedCertificate)
  }
}

function checkTrust(options: AccessTokenVerifierOptions, insecureHttpAllowed: boolean): Trust {
  const { keys = discoveredKeys, algorithms = keys.algorithms, clockTolerance = 5000 } = options
  const { roles = roleClaims.rfc9068, clientIdClaim = 'client_id', scopeClaim = 'scope' } = options
  const plainJwt = options[acceptPlainJwt] === true
  if (options.audience === undefined)
    wrong('audience', 'is missing', 'Give it: without, tokens for others would count here.', 'ERR_MISSING_OPTION')
  const issuer = secureUrl('issuer', text('issuer', options.issuer), insecureHttpAllowed)
  const audience = texts('audience', [options.audience].flat())
  const usable = texts('algorithms', algorithms)
  if (!usable.every((algorithm) => keys.algorithms.includes(algorithm)))
    wrong('algorithms', 'does not fit the keys', `Give some of those they are good for: ${keys.algorithms.join(', ')}.`)
  if (!Number.isInteger(clockTolerance) || clockTolerance < 0 || clockTolerance > mostTolerance)
    wrong('clockTolerance', 'is out of range', `Give whole milliseconds, ${mostTolerance} at most.`)
  const claimed = text('clientIdClaim', clientIdClaim)
  const required = ['iss', 'sub', claimed, ...(plainJwt ? [] : ['jti'])]
  return {
    keySource: keys,
    algorithms: usable,
    types: plainJwt ? ['at+jwt', 'jwt', ''] : ['at+jwt'],
    expected: { issuer, audience, clockTolerance, required },
    places: {
      roles: roles.map((path) => texts('roles', path)),
      clientId: claimed,
      scope: text('scopeClaim', scopeClaim)
    }
  }
}

function checkIntrospection(given: Introspection, insecureHttpAllowed: boolean): Introspection {
  checkedFields('introspection', given, ['clientId', 'clientAuthentication', 'endpoint', 'keepFor'])
  const { clientId, clientAuthentication, endpoint, keepFor = aMinute } = given
  text('introspection.clientId', clientId)
  if (typeof clientAuthentication?.authenticate !== 'function') {
    const remedy = 'Give one, such as clientSecretBasic(secret).'
    wrong('introspection.clientAuthentication', 'is missing', remedy, 'ERR_MISSING_OPTION')
  }
  if (!Number.isInteger(keepFor) || keepFor < 0)
    wrong('introspection.keepFor', 'is out of range', 'Give whole milliseconds.')
  const checked = { clientId, clientAuthentication, keepFor }
  return endpoint === undefined
    ? checked
    : { ...checked, endpoint: secureUrl('introspection.endpoint', endpoint, insecureHttpAllowed) }
}

function checkForwarded(given: ForwardedCertificate): ForwardedCertificate {
  checkedFields('forwardedCertificate', given, ['header', 'trustedProxies'])
  const { header, trustedProxies } = given
  return {
    header: text('forwardedCertificate.header', header),
    trustedProxies: texts('forwardedCertificate.trustedProxies', trustedProxies)
  }
}

function text(option: string, value: unknown): string {
  return nonEmptyString(option, value, 'Give a string.')
}

function texts(option: string, value: unknown): readonly string[] {
  if (!Array.isArray(value) || value.length === 0)
    wrong(option, `must be an array of strings, but is ${kindOf(value)}`, 'Give one string at least.')
  return value.map((member: unknown) => text(option, member))
}
