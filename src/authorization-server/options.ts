import { type Clock, systemClock } from '../clock.ts'
import { ClientConfigurationError } from '../errors.ts'
import { methodsInMessage, mutualTlsMethods } from './client-authentication/authentication-methods.ts'
import type { TlsOptions } from './http/loopback-server.ts'
import { isLifetime } from './registry/check-client.ts'
import type { ClientRegistration, Registry } from './registry/registration.ts'
import type { AccessTokenFormat } from './tokens/access-tokens.ts'
import type { SigningAlgorithm } from './tokens/signing-keys.ts'

export interface AuthorizationServerOptions {
  /** A free one by default. */
  readonly port?: number
  /** The `iss` of tokens and metadata, for a server that is known by another name than its address. The address by default. */
  readonly issuer?: string
  /** Who may call whom: services, and what each client may do there. `readRegistry()` reads it from a file. */
  readonly registry?: Registry
  /** In place of `registry`: clients in the short form, for a test with one service. */
  readonly clients?: readonly ClientRegistration[]
  /** Milliseconds; 12 hours by default. */
  readonly accessTokenLifetime?: number
  /** `jwt` by default. */
  readonly accessTokenFormat?: AccessTokenFormat
  /** `ES256` by default: its keys are made in no time. */
  readonly signingAlgorithm?: SigningAlgorithm
  /** The ways of client authentication that it lists and takes; all that it knows by default. */
  readonly authenticationMethods?: readonly string[]
  /** What `aud` of client assertions must be: the issuer, or as in the older form the token endpoint. */
  readonly assertionAudience?: 'issuer' | 'tokenEndpoint'
  /** A second token endpoint, over https, that asks for a client certificate (RFC 8705). */
  readonly tls?: TlsOptions
  /** Where its time comes from; the machine's by default. */
  readonly clock?: Clock
}

export type CheckedOptions = Required<Omit<AuthorizationServerOptions, 'issuer' | 'tls' | 'clients'>> & {
  readonly issuer: string | undefined
  readonly tls: TlsOptions | undefined
}

const twelveHours = 12 * 60 * 60 * 1000
const formats: readonly string[] = ['jwt', 'opaque']
const audiences: readonly string[] = ['issuer', 'tokenEndpoint']
const algorithms: readonly string[] = ['RS256', 'ES256']

/** @throws ClientConfigurationError for a wrong or an unknown option, and wherever `NODE_ENV` is `production`. */
export function checkOptions(options: AuthorizationServerOptions): CheckedOptions {
  const {
    port = 0,
    issuer,
    registry,
    clients,
    accessTokenLifetime = twelveHours,
    accessTokenFormat = 'jwt',
    signingAlgorithm = 'ES256',
    tls,
    authenticationMethods = methodsFor(tls),
    assertionAudience = 'issuer',
    clock = systemClock,
    ...unknown
  } = options ?? {} // so that whoever gives none is told what to give
  refuseProduction()
  for (const name of Object.keys(unknown)) throw unknownOption(name)
  demand(Number.isInteger(port) && port >= 0 && port <= 65_535, 'port must be an integer from 0 to 65535.')
  demand(issuer === undefined || isIssuer(issuer), 'issuer must be an http or https URL without query and fragment.')
  demand(registry === undefined || clients === undefined, 'Give a registry or clients, not both.')
  demand(
    registry !== undefined || Array.isArray(clients),
    'clients must be an array of { clientId, clientSecret, scope }, unless there is a registry.'
  )
  demand(isLifetime(accessTokenLifetime), 'accessTokenLifetime is in milliseconds, 1000 at least.')
  demand(formats.includes(accessTokenFormat), "accessTokenFormat must be 'jwt' or 'opaque'.")
  demand(algorithms.includes(signingAlgorithm), "signingAlgorithm must be 'RS256' or 'ES256'.")
  demand(
    Array.isArray(authenticationMethods) && authenticationMethods.every((name) => methodsFor(tls).includes(name)),
    `authenticationMethods must be some of ${methodsFor(tls).join(', ')}.`
  )
  demand(audiences.includes(assertionAudience), "assertionAudience must be 'issuer' or 'tokenEndpoint'.")
  demand(tls === undefined || isTls(tls), 'tls must be { cert, key, ca }, each PEM.')
  const tokens = { accessTokenLifetime, accessTokenFormat, signingAlgorithm }
  const known = registry ?? { clients: clients ?? [] }
  return { port, issuer, registry: known, ...tokens, authenticationMethods, assertionAudience, tls, clock }
}

function methodsFor(tls: TlsOptions | undefined): readonly string[] {
  return tls === undefined ? methodsInMessage : [...methodsInMessage, ...mutualTlsMethods]
}

function isTls({ cert, key, ca }: TlsOptions): boolean {
  return [cert, key, ca].every((pem) => typeof pem === 'string')
}

function refuseProduction(): void {
  if (process.env.NODE_ENV === 'production')
    throw invalid(
      'This authorization server is for development and tests. It does not start while NODE_ENV is production.'
    )
}

function unknownOption(name: string): ClientConfigurationError {
  const advice = /^(host|hostname|address)$/.test(name)
    ? 'This authorization server listens on 127.0.0.1 alone.'
    : 'Remove it.'
  return new ClientConfigurationError('ERR_UNKNOWN_OPTION', `There is no option ${name}. ${advice}`)
}

function demand(holds: boolean, sentence: string): void {
  if (!holds) throw invalid(sentence)
}

function isIssuer(issuer: string): boolean {
  return URL.canParse(issuer) && /^https?:/.test(issuer) && !/[?#]/.test(issuer)
}

function invalid(sentence: string): ClientConfigurationError {
  return new ClientConfigurationError('ERR_INVALID_OPTION', sentence)
}
