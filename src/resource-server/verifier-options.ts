import { checkMutualTls, withAuthorities } from '../client-authentication/mutual-tls.ts'
import { type Clock, systemClock } from '../clock.ts'
import type { ConnectOptions } from '../http/connect-options.ts'
import type { Dispatcher } from '../http/dispatcher.ts'
import type { ProxyOption } from '../http/proxies.ts'
import { allowInsecureHttp, secureUrl } from '../http/secure-url.ts'
import { checkedTransport, type Transport } from '../http/transport-options.ts'
import { limits } from '../limits.ts'
import { checkedFields, functionOption, milliseconds, nonEmptyString, trueOrFalse, wrong } from '../wrong-option.ts'
import { type CheckedDpop, checkDpop, checkExternalUrls, type DpopOptions } from './dpop/proof-options.ts'
import { checkForwarded, type ForwardedCertificate } from './forwarded-certificate.ts'
import type { Introspection } from './introspection.ts'
import type { SavedKeys } from './keys/saved-keys.ts'
import type { KeySource } from './keys/verification-keys.ts'
import type { TokenProfile } from './profiles/token-profile.ts'
import type { ChallengeOptions } from './refusal-challenge.ts'
import type { RoleClaims } from './role-claims.ts'
import type { SenderConstraint } from './sender-constraint.ts'
import { acceptMissingAudience, acceptPlainJwt, checkTrust, type Trust, trustOptionNames } from './trust.ts'
import type { VerifiedToken } from './verified-token.ts'

export type IsRevoked = (token: VerifiedToken) => boolean | Promise<boolean>

export interface AccessTokenVerifierOptions {
  /**
   * The issuer, exactly as it stands in the tokens. You can leave it out if the profile names it, or if the profile allows tokens without `iss` and the keys are fixed
   * (`jwks()`, `publicKey()`, `sharedSecret()`). With fixed keys it does not have to be a URL.
   */
  readonly issuer?: string
  /**
   * The tenants whose tokens are accepted, if the issuer contains `{tenant}`: a list, or a function that returns `true`. The tokens of each tenant are
   * verified with its own keys.
   */
  readonly tenants?: readonly string[] | ((tenant: string) => boolean | Promise<boolean>)
  /** The names of this service. The `aud` of a token must contain one of them. */
  readonly audience?: string | readonly string[]
  /** What the tokens of your server look like: `keycloak()`, `entra({ tenant })`, …, or an object of your own. The default is `rfc9068()`. */
  readonly profile?: TokenProfile
  /** Claims that must be present beside `exp`, instead of those of the profile. `iss` may be missing only if the keys are fixed. */
  readonly requiredClaims?: readonly string[]
  /** How many milliseconds after `iat` a token is accepted at most. The token must have an `iat` then. */
  readonly maxAge?: number
  /** The source of the issuer's keys: `jwksUri()`, `jwks()`, `publicKey()` or `sharedSecret()`. By default the keys are found through the metadata of the issuer. */
  readonly keys?: KeySource
  /** The keys of an earlier process (`verifier.keys.export()`), for a start while the issuer is down. They are valid as long as in that process. */
  readonly savedKeys?: SavedKeys
  /** How many milliseconds after they were fetched keys stay in use while the issuer does not answer. The default is a day. */
  readonly staleFor?: number
  /** The algorithms that tokens may use. The default is all that the keys allow. */
  readonly algorithms?: readonly string[]
  /** By how many milliseconds the issuer's clock may differ from ours. The default is 5 seconds, and the maximum is 5 minutes. */
  readonly clockTolerance?: number
  /** Where the roles are, instead of what the profile says. */
  readonly roles?: RoleClaims
  /** The claim with the client id, instead of what the profile says. */
  readonly clientIdClaim?: string
  /** The claim with the scope, as a string or an array, instead of what the profile says. */
  readonly scopeClaim?: string
  /**
   * Says whether a token is on your own list of revoked tokens. It is called for each request, also for tokens that were verified before. Any result
   * but `false` refuses the token. If it throws, `verify` rejects with that error.
   */
  readonly isRevoked?: IsRevoked
  /** How to ask the issuer about opaque tokens. Without this option they are refused. */
  readonly introspection?: Introspection
  /** Where a proxy that terminates TLS puts the client's certificate. */
  readonly forwardedCertificate?: ForwardedCertificate
  /**
   * Accepts tokens that are bound to a DPoP key, with a proof for each request (RFC 9449): beside other tokens (`'accepted'`) or no others (`'required'`).
   * Without this option such tokens are refused.
   */
  readonly dpop?: 'accepted' | 'required' | DpopOptions
  /**
   * The URL at which clients reach the root of this service, or a list of them. Proofs are compared with it. Set it behind a proxy. Without it the
   * verifier uses the connection and the `Host` header of the request.
   */
  readonly externalUrl?: string | URL | readonly (string | URL)[]
  /** Refuses tokens that are bound neither to a certificate nor to a DPoP key, as FAPI 2.0 demands. */
  readonly senderConstrained?: boolean
  /** The `realm` of challenges. The default is the audience. */
  readonly realm?: string
  /** The URL of this resource's metadata (RFC 9728), named in challenges. */
  readonly resourceMetadata?: string
  /** How requests to the issuer are sent, instead of over the verifier's own connections. */
  readonly dispatcher?: Dispatcher
  /** TLS options for the verifier's own connections to the issuer. */
  readonly connect?: ConnectOptions
  /** A proxy in front of the issuer, or `'environment'`. */
  readonly proxy?: ProxyOption
  readonly clock?: Clock
  readonly [acceptPlainJwt]?: boolean
  readonly [acceptMissingAudience]?: boolean
  /** Allows plain HTTP to an issuer on another machine. */
  readonly [allowInsecureHttp]?: boolean
}

export interface CheckedOptions {
  readonly trust: Trust
  readonly savedKeys: SavedKeys | undefined
  readonly staleFor: number
  readonly insecureHttpAllowed: boolean
  readonly transport: Transport
  readonly clock: Clock
  readonly introspection: Introspection | undefined
  readonly isRevoked: IsRevoked | undefined
  readonly challenge: ChallengeOptions
  readonly dpop: CheckedDpop | undefined
  readonly constraint: Omit<SenderConstraint, 'proofs' | 'keyRequired'>
}

const known = [
  ...trustOptionNames,
  'savedKeys',
  'staleFor',
  'isRevoked',
  'introspection',
  'forwardedCertificate',
  'dpop',
  'externalUrl',
  'senderConstrained',
  'realm',
  'resourceMetadata',
  'dispatcher',
  'connect',
  'proxy',
  'clock'
]
const metadataExample = 'https://api.internal/.well-known/oauth-protected-resource'
const aMinute = 60_000

/** @throws ClientConfigurationError that names the option and says what to do. */
export function checkOptions(given: AccessTokenVerifierOptions): CheckedOptions {
  const options = checkedFields('accessTokenVerifier options', given, known)
  const insecureHttpAllowed = options[allowInsecureHttp] === true
  const trust = checkTrust(options, insecureHttpAllowed)
  const { introspection, dispatcher, connect, proxy, clock = systemClock, resourceMetadata } = options
  const realm = text('realm', options.realm ?? trust.expected.audience.join(' '))
  if (resourceMetadata !== undefined)
    secureUrl('resourceMetadata', resourceMetadata, metadataExample, insecureHttpAllowed)
  const asking = introspection && checkIntrospection(introspection, insecureHttpAllowed)
  const dpop = options.dpop === undefined ? undefined : checkDpop(options.dpop)
  return {
    trust,
    savedKeys: checkSavedKeys(options.savedKeys, trust),
    staleFor: milliseconds('staleFor', options.staleFor ?? limits.keyLife, { least: 0 }),
    insecureHttpAllowed,
    transport: transportTo(checkedTransport({ dispatcher, connect, proxy }), asking),
    clock,
    introspection: asking,
    isRevoked: revocationCheck(options.isRevoked),
    challenge: { realm, resourceMetadata, dpop },
    dpop,
    constraint: checkConstraint(options)
  }
}

function checkConstraint(options: AccessTokenVerifierOptions): CheckedOptions['constraint'] {
  const { forwardedCertificate, dpop, externalUrl, senderConstrained = false } = options
  trueOrFalse('senderConstrained', senderConstrained)
  if (externalUrl !== undefined && dpop === undefined)
    wrong('externalUrl', 'only works with dpop', 'Give dpop too, or leave it out.', 'ERR_CONFLICTING_OPTIONS')
  return {
    required: senderConstrained,
    forwardedCertificate: forwardedCertificate && checkForwarded(forwardedCertificate),
    externalUrls: checkExternalUrls(externalUrl)
  }
}

function checkSavedKeys(saved: SavedKeys | undefined, { expected }: Trust): SavedKeys | undefined {
  if (saved === undefined) return undefined
  checkedFields('savedKeys', saved, ['issuer', 'fetchedAt', 'keys'])
  if (typeof saved.fetchedAt !== 'number' || !Array.isArray(saved.keys))
    wrong('savedKeys', 'are not saved keys', 'Give what keys.export() returned, or leave them out.')
  // With keys of another issuer, its tokens would be accepted as if they came from this one.
  if (saved.issuer !== expected.issuers[0])
    wrong('savedKeys', 'belong to another issuer', 'Save the keys of each issuer separately.')
  return saved
}

function revocationCheck(given: IsRevoked | undefined): IsRevoked | undefined {
  return given === undefined ? undefined : functionOption('isRevoked', given, 'Give (token) => boolean.')
}

/** Adds the TLS options that client authentication at the introspection endpoint needs: authorities, and a certificate for mutual TLS. */
function transportTo(transport: Transport, introspection: Introspection | undefined): Transport {
  if (introspection === undefined) return transport
  const { clientAuthentication } = introspection
  checkMutualTls(clientAuthentication, transport)
  return { ...transport, connect: withAuthorities(transport.connect, clientAuthentication) }
}

function checkIntrospection(given: Introspection, insecureHttpAllowed: boolean): Introspection {
  const names = ['clientId', 'clientAuthentication', 'endpoint', 'keepFor', 'always']
  const {
    clientId,
    clientAuthentication,
    endpoint,
    keepFor = aMinute,
    always = false
  } = checkedFields('introspection', given, names)
  text('introspection.clientId', clientId)
  if (typeof clientAuthentication?.authenticate !== 'function') {
    const remedy = 'Give one, such as clientSecretBasic(secret).'
    wrong('introspection.clientAuthentication', 'is missing', remedy, 'ERR_MISSING_OPTION')
  }
  trueOrFalse('introspection.always', always)
  const checked = {
    clientId,
    clientAuthentication,
    always,
    keepFor: milliseconds('introspection.keepFor', keepFor, { least: 0 })
  }
  if (endpoint === undefined) return checked
  const { href } = secureUrl(
    'introspection.endpoint',
    endpoint,
    'https://auth.internal/introspect',
    insecureHttpAllowed
  )
  return { ...checked, endpoint: href }
}

function text(option: string, value: unknown): string {
  return nonEmptyString(option, value, 'Give a string.')
}
