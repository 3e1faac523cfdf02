import { type Clock, systemClock } from '../clock.ts'
import { ClientConfigurationError } from '../errors.ts'
import { isSymmetric, leastSecretBytes } from '../proof/signature-algorithms.ts'
import { checkedProfile } from '../resource-server/profile-option.ts'
import type { TokenProfile } from '../resource-server/profiles/token-profile.ts'
import { methodsInMessage, mutualTlsMethods } from './client-authentication/authentication-methods.ts'
import { inBrackets, isLoopbackHost, type TlsOptions } from './http/http-server.ts'
import { isLifetime, isNonceRule } from './registry/check-client.ts'
import type { ClientRegistration, NonceRule, Registry } from './registry/registration.ts'
import type { AccessTokenFormat } from './tokens/access-tokens.ts'
import { type SigningAlgorithm, signingAlgorithms } from './tokens/signing-keys.ts'

export interface AuthorizationServerOptions {
  /** A free one by default. */
  readonly port?: number
  /** What it listens on; `127.0.0.1` by default. Beyond loopback it needs an `adminSecret`, and its endpoints are named by the origin of `issuer`. */
  readonly host?: string
  /** The `iss` of tokens and metadata, for a server that is known by another name than its address. The address by default. */
  readonly issuer?: string
  /** Who may call whom: services, and what each client may do there. `readRegistry()` reads it from a file. */
  readonly registry?: Registry
  /** In place of `registry`: a JSON file with it, which is read again when it is saved. */
  readonly registryFile?: string | URL
  /** Changes that are made while the server runs go into `registryFile`. Without it, they end with the server. */
  readonly writeRegistryFile?: boolean
  /** In place of `registry`: clients in the short form, for a test with one service. */
  readonly clients?: readonly ClientRegistration[]
  /** Milliseconds; 12 hours by default. */
  readonly accessTokenLifetime?: number
  /** `jwt` by default. */
  readonly accessTokenFormat?: AccessTokenFormat
  /**
   * What its JWTs look like: `profile: cognito()`, or another of `service-token-client/resource-server`, so that verifiers for those servers can
   * be tested. By RFC 9068 by default.
   */
  readonly profile?: TokenProfile
  /** `ES256` by default: its keys are made in no time. */
  readonly signingAlgorithm?: SigningAlgorithm
  /** What HS256, HS384 and HS512 sign with. Every service that verifies such tokens has it. */
  readonly signingSecret?: string
  /** Where the signing keys are kept, so that tokens count after a restart. It is made when it is not there. */
  readonly keysFile?: string | URL
  /** The ways of client authentication that it lists and takes; all that it knows by default. */
  readonly authenticationMethods?: readonly string[]
  /**
   * Nonces that DPoP proofs have to carry: none, one for five minutes (`true`), or one for each proof (`'once'`). A client's `dpopNonces` goes before it.
   */
  readonly dpopNonces?: NonceRule
  /** What `aud` of client assertions must be: the issuer, or as in the older form the token endpoint. */
  readonly assertionAudience?: 'issuer' | 'tokenEndpoint'
  /** A second token endpoint, over https, that asks for a client certificate (RFC 8705). */
  readonly tls?: TlsOptions
  /** Origins whose pages may read the answers of the endpoints in a browser, or `['*']`; none by default. It never covers `/admin`. */
  readonly cors?: readonly string[]
  /** Who may control the server over HTTP must know it; 16 characters at least. On loopback it can be left out. */
  readonly adminSecret?: string
  /** Where its time comes from; the machine's by default. */
  readonly clock?: Clock
}

type Optional =
  | 'profile'
  | 'registry'
  | 'registryFile'
  | 'issuer'
  | 'tls'
  | 'signingSecret'
  | 'keysFile'
  | 'adminSecret'

export type CheckedOptions = Required<Omit<AuthorizationServerOptions, Optional | 'clients'>> & {
  readonly [Name in Optional]: AuthorizationServerOptions[Name]
}

const twelveHours = 12 * 60 * 60 * 1000
const formats: readonly string[] = ['jwt', 'opaque']
const audiences: readonly string[] = ['issuer', 'tokenEndpoint']

/** @throws ClientConfigurationError for a wrong or an unknown option, and wherever `NODE_ENV` is `production`. */
export function checkOptions(options: AuthorizationServerOptions): CheckedOptions {
  const {
    port = 0,
    host = '127.0.0.1',
    issuer,
    registry,
    registryFile,
    writeRegistryFile = false,
    clients,
    accessTokenLifetime = twelveHours,
    accessTokenFormat = 'jwt',
    profile,
    signingAlgorithm = 'ES256',
    signingSecret,
    keysFile,
    tls,
    authenticationMethods = methodsFor(tls),
    assertionAudience = 'issuer',
    dpopNonces = false,
    cors = [],
    adminSecret,
    clock = systemClock,
    ...unknown
  } = options ?? {} // so that whoever gives none is told what to give
  refuseProduction()
  for (const name of Object.keys(unknown))
    throw new ClientConfigurationError('ERR_UNKNOWN_OPTION', `There is no option ${name}. Remove it.`)
  demand(isPort(port), 'port must be an integer from 0 to 65535.')
  demand(issuer === undefined || isIssuer(issuer), 'issuer must be an http or https URL without query and fragment.')
  demand(isLifetime(accessTokenLifetime), 'accessTokenLifetime is in milliseconds and must be at least 1000.')
  demand(formats.includes(accessTokenFormat), "accessTokenFormat must be 'jwt' or 'opaque'.")
  demand(
    Array.isArray(authenticationMethods) && authenticationMethods.every((name) => methodsFor(tls).includes(name)),
    `authenticationMethods must be some of ${methodsFor(tls).join(', ')}.`
  )
  demand(audiences.includes(assertionAudience), "assertionAudience must be 'issuer' or 'tokenEndpoint'.")
  demand(isNonceRule(dpopNonces), "dpopNonces must be true, false or 'once'.")
  demand(tls === undefined || isTls(tls), 'tls must be { cert, key, ca }, each PEM, and port, if given, a port.')
  demand(
    Array.isArray(cors) && cors.every(isOrigin),
    "cors must be a list of origins, such as ['http://localhost:3000']."
  )
  const looks = profile && checkedProfile({ profile }, false)
  demand(profile === undefined || accessTokenFormat === 'jwt', 'An opaque token has no profile. Leave profile out.')
  checkWhoMayCome(host, adminSecret)
  checkSigning(signingAlgorithm, signingSecret, keysFile)
  checkRegistryOptions(registry, registryFile, clients)
  demand(!writeRegistryFile || registryFile !== undefined, 'writeRegistryFile needs a registryFile.')
  const known = clients === undefined ? registry : { clients }
  const registries = { registry: known, registryFile, writeRegistryFile }
  const tokens = { accessTokenLifetime, accessTokenFormat, profile: looks, signingAlgorithm, signingSecret, keysFile }
  return {
    port,
    host,
    issuer,
    ...registries,
    ...tokens,
    authenticationMethods,
    assertionAudience,
    dpopNonces,
    tls,
    cors,
    adminSecret,
    clock
  }
}

function checkRegistryOptions(registry: unknown, registryFile: unknown, clients: unknown): void {
  const given = [registry, registryFile, clients].filter((one) => one !== undefined)
  demand(given.length < 2, 'Give only one of registry, registryFile and clients.')
  demand(
    given.length > 0 && (clients === undefined || Array.isArray(clients)),
    'clients must be an array of { clientId, clientSecret, scope }, unless there is a registry or a registryFile.'
  )
  demand(registryFile === undefined || isFile(registryFile), 'registryFile must be the path of a file, or a file: URL.')
}

function checkWhoMayCome(host: unknown, adminSecret: unknown): void {
  demand(typeof host === 'string' && URL.canParse(`http://${inBrackets(host)}`), 'host must be an address or a name.')
  demand(
    adminSecret === undefined || (typeof adminSecret === 'string' && adminSecret.length >= 16),
    'adminSecret must be a string of at least 16 characters.'
  )
  demand(
    adminSecret !== undefined || isLoopbackHost(String(host)),
    'A host beyond this machine needs an adminSecret. Without it, anyone who reaches the server could change who may call whom.'
  )
}

function checkSigning(algorithm: SigningAlgorithm, secret: unknown, keysFile: unknown): void {
  demand(signingAlgorithms.includes(algorithm), `signingAlgorithm must be one of ${signingAlgorithms.join(', ')}.`)
  const least = isSymmetric(algorithm) ? leastSecretBytes(algorithm) : 0
  const hasSecret = typeof secret === 'string' && Buffer.byteLength(secret) >= least
  demand(least === 0 || hasSecret, `${algorithm} needs a signingSecret of at least ${least} bytes.`)
  demand(least > 0 || secret === undefined, `${algorithm} signs with a key of its own. Leave signingSecret out.`)
  demand(least === 0 || keysFile === undefined, `${algorithm} signs with a secret. Leave keysFile out.`)
  demand(keysFile === undefined || isFile(keysFile), 'keysFile must be the path of a file, or a file: URL.')
}

function isFile(given: unknown): boolean {
  return (typeof given === 'string' && given !== '') || (given instanceof URL && given.protocol === 'file:')
}

function methodsFor(tls: TlsOptions | undefined): readonly string[] {
  return tls === undefined ? methodsInMessage : [...methodsInMessage, ...mutualTlsMethods]
}

function isTls({ cert, key, ca, port = 0 }: TlsOptions): boolean {
  return [cert, key, ca].every((pem) => typeof pem === 'string') && isPort(port)
}

/** Read when it runs: a bundler would write the word of its own machine in place of `process.env.NODE_ENV`. */
function refuseProduction(): void {
  const { NODE_ENV = '' } = { ...process.env }
  if (NODE_ENV.trim().toLowerCase() === 'production')
    throw invalid(
      'This authorization server is for development and tests. It does not start while NODE_ENV is production.'
    )
}

function demand(holds: boolean, sentence: string): void {
  if (!holds) throw invalid(sentence)
}

function isPort(port: unknown): boolean {
  return Number.isInteger(port) && Number(port) >= 0 && Number(port) <= 65_535
}

function isOrigin(text: unknown): boolean {
  return text === '*' || (typeof text === 'string' && URL.canParse(text) && new URL(text).origin === text)
}

function isIssuer(issuer: string): boolean {
  return URL.canParse(issuer) && /^https?:/.test(issuer) && !/[?#]/.test(issuer)
}

function invalid(sentence: string): ClientConfigurationError {
  return new ClientConfigurationError('ERR_INVALID_OPTION', sentence)
}
