import { type Clock, systemClock } from '../clock.ts'
import { isSymmetric, leastSecretBytes } from '../proof/signature-algorithms.ts'
import { isUrl } from '../realm.ts'
import { checkedProfile } from '../resource-server/profile-option.ts'
import type { TokenProfile } from '../resource-server/profiles/token-profile.ts'
import { checkedFields, kindOf, oneOf, trueOrFalse, wholeNumber, wrong } from '../wrong-option.ts'
import { methodsInMessage, mutualTlsMethods } from './client-authentication/authentication-methods.ts'
import { inBrackets, isLoopbackHost, type TlsOptions } from './http/http-server.ts'
import { isLifetime, isNonceRule } from './registry/check-client.ts'
import type { ClientRegistration, NonceRule, Registry } from './registry/registration.ts'
import type { AccessTokenFormat } from './tokens/access-tokens.ts'
import { type SigningAlgorithm, signingAlgorithms } from './tokens/signing-keys.ts'

export interface AuthorizationServerOptions {
  /** The port. The default is a free one. */
  readonly port?: number
  /** The address to listen on, `127.0.0.1` by default. Beyond loopback you need an `adminSecret`, and the endpoints have the origin of `issuer`. */
  readonly host?: string
  /** The `iss` of tokens and metadata, if the server has another name than its address. The default is its address. */
  readonly issuer?: string
  /** Who may call whom: services, and what each client may do there. `readRegistry()` reads it from a file. */
  readonly registry?: Registry
  /** A JSON file with the registry, instead of `registry`. It is read again when it is saved. */
  readonly registryFile?: string | URL
  /** Writes changes that are made while the server runs into `registryFile`. Without it they are lost when the server stops. */
  readonly writeRegistryFile?: boolean
  /** Clients in the short form, instead of `registry`, for a test with one service. */
  readonly clients?: readonly ClientRegistration[]
  /** The lifetime of tokens in milliseconds, 12 hours by default. */
  readonly accessTokenLifetime?: number
  /** The format of tokens, `jwt` by default. */
  readonly accessTokenFormat?: AccessTokenFormat
  /**
   * What its JWTs look like: `profile: cognito()`, or another profile of `service-token-client/resource-server`, so that you can test verifiers for those
   * servers. The default is RFC 9068.
   */
  readonly profile?: TokenProfile
  /** `ES256` by default, because its keys are created quickly. */
  readonly signingAlgorithm?: SigningAlgorithm
  /** The secret for HS256, HS384 and HS512. Every service that verifies such tokens needs it. */
  readonly signingSecret?: string
  /** The file that stores the signing keys, so that tokens stay valid after a restart. It is created if it does not exist. */
  readonly keysFile?: string | URL
  /** The methods of client authentication that the server lists and accepts. The default is all of them. */
  readonly authenticationMethods?: readonly string[]
  /**
   * The nonces that DPoP proofs must contain: none, one for five minutes (`true`), or one for each proof (`'once'`). A client's own `dpopNonces` overrides it.
   */
  readonly dpopNonces?: NonceRule
  /** What the `aud` of client assertions must be: the issuer, or the token endpoint as in the older form. */
  readonly assertionAudience?: 'issuer' | 'tokenEndpoint'
  /** A second token endpoint, over https, that asks for a client certificate (RFC 8705). */
  readonly tls?: TlsOptions
  /** Origins whose pages may read the answers of the endpoints in a browser, or `['*']`. The default is none. It never applies to `/admin`. */
  readonly cors?: readonly string[]
  /** The secret for controlling the server over HTTP, at least 16 characters. On loopback you can leave it out. */
  readonly adminSecret?: string
  /** The clock of the server. The default is the clock of the machine. */
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
const formats: readonly AccessTokenFormat[] = ['jwt', 'opaque']
const audiences = ['issuer', 'tokenEndpoint'] as const
const mostPort = 65_535
const known = [
  'port',
  'host',
  'issuer',
  'tls',
  'cors',
  'adminSecret',
  'clock',
  'registry',
  'registryFile',
  'writeRegistryFile',
  'clients',
  'accessTokenLifetime',
  'accessTokenFormat',
  'profile',
  'signingAlgorithm',
  'signingSecret',
  'keysFile',
  'authenticationMethods',
  'assertionAudience',
  'dpopNonces'
]

/** @throws ClientConfigurationError for a wrong or unknown option, and if `NODE_ENV` is `production` */
export function checkOptions(options: AuthorizationServerOptions): CheckedOptions {
  refuseProduction()
  // Without any options, the error should say which ones to give.
  const given: AuthorizationServerOptions = checkedFields('startAuthorizationServer options', options ?? {}, known)
  const { tls, registry, registryFile, clients } = given
  const checked = {
    port: wholeNumber('port', given.port ?? 0, { least: 0, most: mostPort }),
    ...checkedNames(given),
    ...checkedTokens(given),
    ...checkedSigning(given),
    authenticationMethods: methodsOption(given.authenticationMethods, tls),
    assertionAudience: oneOf('assertionAudience', given.assertionAudience ?? 'issuer', audiences),
    dpopNonces: nonceRuleOption(given.dpopNonces),
    tls: tlsOption(tls),
    cors: corsOption(given.cors),
    writeRegistryFile: trueOrFalse('writeRegistryFile', given.writeRegistryFile ?? false),
    clock: given.clock ?? systemClock
  }
  checkRegistryOptions(registry, registryFile, clients)
  if (checked.writeRegistryFile && registryFile === undefined)
    wrong('writeRegistryFile', 'needs a registryFile', 'Give the file, or leave it out.', 'ERR_MISSING_OPTION')
  return { ...checked, registry: clients === undefined ? registry : { clients }, registryFile }
}

/** Checks the names of the server, and who may control it. */
function checkedNames({ host = '127.0.0.1', issuer, adminSecret }: AuthorizationServerOptions) {
  if (issuer !== undefined && !isIssuer(issuer))
    wrong(
      'issuer',
      'must be an http or https URL without query and fragment',
      "Give a URL such as 'http://localhost:9400'."
    )
  if (typeof host !== 'string' || !URL.canParse(`http://${inBrackets(host)}`))
    wrong('host', 'must be an address or a host name', "Give one such as '127.0.0.1'.")
  if (adminSecret !== undefined && (typeof adminSecret !== 'string' || adminSecret.length < 16))
    wrong('adminSecret', 'must be a string of at least 16 characters', 'Give one that is chosen at random.')
  if (adminSecret === undefined && !isLoopbackHost(host)) {
    const remedy = 'Without it, anyone who reaches the server could change who may call whom.'
    wrong('host', 'can be reached from other machines, so it needs an adminSecret', remedy)
  }
  return { host, issuer, adminSecret }
}

function checkedTokens(given: AuthorizationServerOptions) {
  const { accessTokenLifetime = twelveHours, profile } = given
  const accessTokenFormat = oneOf('accessTokenFormat', given.accessTokenFormat ?? 'jwt', formats)
  if (!isLifetime(accessTokenLifetime))
    wrong('accessTokenLifetime', 'is out of range', 'Give at least 1000 milliseconds.')
  if (profile === undefined) return { accessTokenLifetime, accessTokenFormat, profile }
  if (accessTokenFormat !== 'jwt')
    wrong('profile', 'cannot be combined with opaque tokens', 'Leave it out.', 'ERR_CONFLICTING_OPTIONS')
  return { accessTokenLifetime, accessTokenFormat, profile: checkedProfile({ profile }, false) }
}

function checkedSigning({ signingAlgorithm = 'ES256', signingSecret, keysFile }: AuthorizationServerOptions) {
  oneOf('signingAlgorithm', signingAlgorithm, signingAlgorithms)
  if (keysFile !== undefined) checkFile('keysFile', keysFile)
  if (!isSymmetric(signingAlgorithm)) {
    if (signingSecret !== undefined)
      wrong(
        'signingSecret',
        `cannot be combined with ${signingAlgorithm}, which signs with a key`,
        'Leave signingSecret out.'
      )
    return { signingAlgorithm, signingSecret, keysFile }
  }
  const least = leastSecretBytes(signingAlgorithm)
  if (typeof signingSecret !== 'string' || Buffer.byteLength(signingSecret) < least)
    wrong(signingAlgorithm, `needs a signingSecret of at least ${least} bytes`, 'Give one that is chosen at random.')
  if (keysFile !== undefined)
    wrong('keysFile', `cannot be combined with ${signingAlgorithm}, which signs with a secret`, 'Leave keysFile out.')
  return { signingAlgorithm, signingSecret, keysFile }
}

function checkRegistryOptions(registry: unknown, registryFile: unknown, clients: unknown): void {
  const given = [registry, registryFile, clients].filter((one) => one !== undefined)
  if (given.length > 1) {
    const remedy = 'Give only one of registry, registryFile and clients.'
    wrong('The registry', 'is given twice', remedy, 'ERR_CONFLICTING_OPTIONS')
  }
  const remedy = 'Give an array of { clientId, clientSecret, scope }, or give registry or registryFile instead.'
  if (given.length === 0) wrong('clients', 'is missing', remedy, 'ERR_MISSING_OPTION')
  if (clients !== undefined && !Array.isArray(clients))
    wrong('clients', `must be an array, but is ${kindOf(clients)}`, remedy)
  if (registryFile !== undefined) checkFile('registryFile', registryFile)
}

function checkFile(option: string, given: unknown): void {
  const isPath = typeof given === 'string' && given !== ''
  if (isPath || (isUrl(given) && given.protocol === 'file:')) return
  wrong(option, 'must be the path of a file, or a file: URL', 'Give one of the two.')
}

function methodsOption(given: unknown, tls: TlsOptions | undefined): readonly string[] {
  const usable = tls === undefined ? methodsInMessage : [...methodsInMessage, ...mutualTlsMethods]
  if (given === undefined) return usable
  if (!Array.isArray(given))
    wrong('authenticationMethods', `must be an array, but is ${kindOf(given)}`, `Give some of: ${usable.join(', ')}.`)
  return given.map((method, index) => oneOf(`authenticationMethods[${index}]`, method, usable))
}

function nonceRuleOption(given: NonceRule = false): NonceRule {
  if (!isNonceRule(given)) wrong('dpopNonces', "must be true, false or 'once'", 'Give one of them, or leave it out.')
  return given
}

function tlsOption(given: TlsOptions | undefined): TlsOptions | undefined {
  if (given === undefined) return undefined
  const { cert, key, ca, port = 0 } = checkedFields('tls', given, ['cert', 'key', 'ca', 'port'])
  for (const [name, pem] of Object.entries({ cert, key, ca }))
    if (typeof pem !== 'string') wrong(`tls.${name}`, `must be a string, but is ${kindOf(pem)}`, 'Give it as PEM.')
  wholeNumber('tls.port', port, { least: 0, most: mostPort })
  return given
}

function corsOption(given: unknown = []): readonly string[] {
  if (Array.isArray(given) && given.every(isOrigin)) return given
  return wrong('cors', 'must be an array of origins', "Give one such as ['http://localhost:3000'], or ['*'].")
}

/** Reads the variable at run time, because a bundler would replace `process.env.NODE_ENV` by its own value. */
function refuseProduction(): void {
  const { NODE_ENV = '' } = { ...process.env }
  if (NODE_ENV.trim().toLowerCase() === 'production')
    wrong('NODE_ENV', 'is production', 'This authorization server is only for development and tests.')
}

function isOrigin(text: unknown): boolean {
  return text === '*' || (typeof text === 'string' && URL.canParse(text) && new URL(text).origin === text)
}

function isIssuer(issuer: string): boolean {
  return URL.canParse(issuer) && /^https?:/.test(issuer) && !/[?#]/.test(issuer)
}
