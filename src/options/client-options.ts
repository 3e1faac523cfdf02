import type { ClientAuthentication } from '../client-authentication/client-authentication.ts'
import type { CredentialSource } from '../client-authentication/credential-source.ts'
import { withAuthorities } from '../client-authentication/mutual-tls.ts'
import { type Clock, systemClock } from '../clock.ts'
import { allowInsecureHttp, secureUrl } from '../http/secure-url.ts'
import {
  checkedTransport,
  type Transport,
  type TransportOptions,
  transportOptionNames
} from '../http/transport-options.ts'
import { limits } from '../limits.ts'
import { serverAt } from '../metadata/known-server.ts'
import type { AuthorizationServer } from '../metadata/server-source.ts'
import { ownMembers } from '../own-members.ts'
import type { RefreshPolicy } from '../token/lifetime.ts'
import type { TokenRequest } from '../token/token-request.ts'
import {
  milliseconds,
  nonEmptyString,
  onlyKnown,
  plainObject,
  type Range,
  wholeNumber,
  wrong
} from '../wrong-option.ts'
import { authenticationOption, type CredentialOptions, noCredential } from './authentication-option.ts'
import { type CheckedDpop, type DpopOptions, dpopOption, dpopOptionNames } from './dpop-option.ts'
import { type HeaderFields, headersOption, type TokenRequestHeaders } from './headers-option.ts'
import { metadataOption, type ServerMetadata } from './metadata-option.ts'
import { checkedRequest, type RequestOptions, requestOptionNames } from './request-options.ts'
import { type ProfileOptions, profileOption } from './security-profile.ts'
import { type Sharing, type StoreOptions, storeOption, storeOptionNames } from './store-options.ts'
import { tokenTypesOption } from './token-types.ts'

/** A server whose token endpoint is given, so nothing is discovered. If you also give an issuer, it becomes the audience of assertions. */
interface EndpointOptions {
  readonly issuer?: string
  readonly tokenEndpoint: string
  readonly metadata?: never
}

/** A server whose endpoints are discovered (RFC 8414), at the usual places or at `metadata`. */
interface IssuerOptions {
  readonly issuer: string
  readonly metadata?: ServerMetadata
}

/** Which authorization server to use. The usual form is the last one, because the compiler explains that one if none fits. */
export type ServerOptions = EndpointOptions | IssuerOptions

export interface CommonOptions extends RequestOptions {
  readonly clientId: string
  /**
   * When a token is refreshed: after a share of its life (0.1 to 0.9, varied at random by ± 0.05), or so early that no call notices an outage of this many ms.
   * The default is 75 % to 85 % of its life, and 50 % to 70 % if it lives for less than ten minutes.
   */
  readonly refresh?: number | { readonly surviveOutage: number }
  /** How many milliseconds a token is kept if the answer does not say how long it lives. The default is 5 minutes. */
  readonly defaultLifetime?: number
  /** Additional names of token types that mean Bearer, for servers that use a name of their own. */
  readonly tokenTypes?: readonly string[]
  /**
   * Additional headers of token requests, for example a key for a gateway, or a function that returns them for each request. Headers that
   * belong to the request, its proof or the connection are refused.
   */
  readonly headers?: TokenRequestHeaders
  /** How many milliseconds a caller waits if there is no token. The default is 10 seconds. */
  readonly timeout?: number
  /** How many callers may wait for a token at the same time, 10,000 by default. Further callers are rejected with `ERR_TOO_MANY_WAITING`. */
  readonly maxWaiting?: number
  /** The clock and the random source. Replace them in tests. */
  readonly clock?: Clock
  /** Allows plain HTTP to the authorization server. */
  readonly [allowInsecureHttp]?: boolean
}

export type TokenClientOptions = CommonOptions &
  ProfileOptions &
  DpopOptions &
  ServerOptions &
  CredentialOptions &
  TransportOptions &
  StoreOptions

/** The address of the server, as it was configured. */
export interface ServerLocation {
  readonly issuer: string | undefined
  readonly tokenEndpoint: string | undefined
  /** Undefined if it has to be discovered. There is an issuer then. */
  readonly known: AuthorizationServer | undefined
  /** Where its metadata is, instead of the usual places. */
  readonly place: string | undefined
}

/** The options after they were checked and copied, so later changes by the user do not reach the client. */
export interface CheckedOptions extends Transport {
  readonly server: ServerLocation
  readonly clientId: string
  /** Undefined for a reader of a store, which has no credential. */
  readonly clientAuthentication: ClientAuthentication | undefined
  /** Undefined for Bearer tokens. */
  readonly dpop: CheckedDpop | undefined
  /** Undefined without a store. */
  readonly sharing: Sharing | undefined
  readonly request: TokenRequest
  /** In lower case. */
  readonly bearerTypes: readonly string[]
  readonly headers: CredentialSource<HeaderFields> | undefined
  readonly refresh: RefreshPolicy
  readonly defaultLifetime: number
  readonly timeout: number
  readonly maxWaiting: number
  readonly clock: Clock
  readonly insecureHttpAllowed: boolean
}

const where = 'createTokenClient options'
const known = [
  'issuer',
  'tokenEndpoint',
  'metadata',
  'clientId',
  'clientSecret',
  'clientAuthentication',
  ...dpopOptionNames,
  'profile',
  ...requestOptionNames,
  'tokenTypes',
  'headers',
  'refresh',
  'defaultLifetime',
  'timeout',
  'maxWaiting',
  ...transportOptionNames,
  ...storeOptionNames,
  'clock'
]

const minute = 60_000

/** Throws ClientConfigurationError that names the option, what is wrong with it, and what to do. */
export function checkedOptions(options: TokenClientOptions): CheckedOptions {
  plainObject(where, options, "Give at least { issuer: 'https://…', clientId: '…', clientSecret: '…' }.")
  onlyKnown('options', options, known)
  const given = ownMembers(options as TokenClientOptions)
  const insecureHttpAllowed = given[allowInsecureHttp] === true
  const transport = checkedTransport(given)
  const profile = profileOption(given, insecureHttpAllowed)
  const sharing = storeOption(given)
  const clientAuthentication = sharing?.reader
    ? noCredential(given)
    : profile.authentication(authenticationOption(given))
  return {
    server: serverOption(given, insecureHttpAllowed),
    clientId: clientIdOption(given.clientId),
    clientAuthentication,
    dpop: dpopOption(given, profile.algorithms),
    sharing,
    request: checkedRequest('options', given),
    bearerTypes: tokenTypesOption(given, { clientAuthentication, connect: transport.connect }),
    headers: headersOption(given.headers),
    refresh: refreshOption(given.refresh),
    defaultLifetime: duration('defaultLifetime', given.defaultLifetime, 5 * minute, {
      least: 1000,
      most: limits.tokenLife
    }),
    maxWaiting: maxWaitingOption(given.maxWaiting),
    timeout: duration('timeout', given.timeout, 10_000, { least: 100, most: 10 * minute }),
    ...transport,
    connect: profile.connect(withAuthorities(transport.connect, clientAuthentication)),
    clock: clockOption(given.clock),
    insecureHttpAllowed
  }
}

function serverOption(given: ServerOptions, insecureHttpAllowed: boolean): ServerLocation {
  const issuer = given.issuer === undefined ? undefined : issuerOption(given.issuer, insecureHttpAllowed)
  if ('tokenEndpoint' in given && given.tokenEndpoint !== undefined) {
    const remedy = 'Keep one. With tokenEndpoint, nothing is discovered.'
    if (given.metadata !== undefined)
      wrong('metadata', 'and tokenEndpoint are both given', remedy, 'ERR_CONFLICTING_OPTIONS')
    const tokenEndpoint = tokenEndpointOption(given.tokenEndpoint, insecureHttpAllowed)
    return { issuer, tokenEndpoint, known: serverAt(tokenEndpoint, issuer), place: undefined }
  }
  if (issuer === undefined) {
    const remedy = "Give issuer: 'https://…' of the authorization server, or its tokenEndpoint."
    wrong('issuer', 'is missing', remedy, 'ERR_MISSING_OPTION')
  }
  const discovered = { issuer, tokenEndpoint: undefined, known: undefined, place: undefined }
  if (given.metadata === undefined) return discovered
  const metadata = metadataOption(given.metadata, { issuer, insecureHttpAllowed })
  return typeof metadata === 'string' ? { ...discovered, place: metadata } : { ...discovered, known: metadata }
}

function clientIdOption(value: unknown): string {
  const remedy = 'Give the id of this service at the authorization server.'
  const clientId = nonEmptyString('clientId', value, remedy)
  if (/\p{Cc}/u.test(clientId)) wrong('clientId', 'has a control character, perhaps a line break', remedy)
  return clientId
}

function maxWaitingOption(value: unknown): number {
  return value === undefined ? limits.waiting : wholeNumber('maxWaiting', value, { least: 1, most: 1_000_000 })
}

/** The issuer stays as it was written, because issuers are compared code point by code point (RFC 8414 §3.3). */
function issuerOption(value: unknown, insecureHttpAllowed: boolean): string {
  const url = secureUrl('issuer', value, 'https://auth.internal', insecureHttpAllowed)
  const remedy = 'Give the issuer exactly as the server names itself (RFC 8414 §2).'
  if (url.search !== '' || url.hash !== '') wrong('issuer', 'has a query or a fragment', remedy)
  return String(value)
}

/** A query stays as it was written, byte for byte (RFC 6749 §3.2). */
function tokenEndpointOption(value: unknown, insecureHttpAllowed: boolean): string {
  secureUrl('tokenEndpoint', value, 'https://auth.internal/oauth2/token', insecureHttpAllowed)
  const text = String(value)
  if (text.includes('#')) wrong('tokenEndpoint', 'has a fragment', 'Remove it (RFC 6749 §3.2).')
  return text
}

function refreshOption(value: unknown): RefreshPolicy {
  if (value === undefined) return undefined
  const remedy = 'Give a share of life from 0.1 to 0.9, or { surviveOutage: milliseconds }.'
  if (typeof value === 'number') {
    if (!(value >= 0.1 && value <= 0.9)) wrong('refresh', 'is out of range', remedy)
    return value
  }
  plainObject('refresh', value, remedy)
  onlyKnown('refresh', value, ['surviveOutage'])
  const { surviveOutage } = ownMembers(value)
  return {
    surviveOutage: milliseconds('refresh.surviveOutage', surviveOutage, { least: 1000, most: limits.tokenLife })
  }
}

function duration(option: string, value: unknown, fallback: number, range: Range): number {
  return value === undefined ? fallback : milliseconds(option, value, range)
}

const clockParts = ['wallTime', 'monotonicTime', 'startTimer', 'random'] as const

function clockOption(clock: Clock | undefined): Clock {
  if (clock === undefined) return systemClock
  const given = clock as Partial<Clock> | null
  const missing = clockParts.find((part) => typeof given?.[part] !== 'function')
  if (missing === undefined) return clock
  wrong('clock', `has no ${missing}()`, 'Give manualClock() of service-token-client/testing, or leave it out.')
}
