import type { ClientAuthentication } from '../client-authentication/client-authentication.ts'
import { authenticationBySecret } from '../client-authentication/default-authentication.ts'
import { checkMutualTls } from '../client-authentication/mutual-tls.ts'
import type { ClientSecret } from '../client-authentication/secret-source.ts'
import type { ConnectOptions } from '../http/connect-options.ts'
import { kindOf, wrong } from '../wrong-option.ts'

/** A reader of a shared store has no credential. */
interface ReaderOptions {
  readonly reader: true
  readonly clientSecret?: never
  readonly clientAuthentication?: never
}

interface AuthenticationOptions {
  readonly clientAuthentication: ClientAuthentication
  readonly clientSecret?: never
}

interface SecretOptions {
  /** A list contains the current secret and the next one. */
  readonly clientSecret: ClientSecret | readonly ClientSecret[]
  readonly clientAuthentication?: never
}

/** How the client authenticates. If none fits, the compiler explains the last form, so the usual form is the last one. */
export type CredentialOptions = ReaderOptions | AuthenticationOptions | SecretOptions

interface Surroundings {
  readonly issuer?: unknown
  readonly dispatcher?: unknown
  readonly fetch?: unknown
  readonly connect?: ConnectOptions | undefined
}

/** For a reader of a store. */
export function noCredential(given: object): undefined {
  const double = (['clientSecret', 'clientAuthentication', 'dpop'] as const).find(
    (name) => name in given && given[name as never] !== undefined
  )
  if (double === undefined) return undefined
  const remedy = 'Leave it out, because a reader does not ask the authorization server. Or leave out reader.'
  wrong(double, 'and reader are both given', remedy, 'ERR_CONFLICTING_OPTIONS')
}

export function authenticationOption(given: CredentialOptions & Surroundings): ClientAuthentication {
  const { clientSecret, clientAuthentication } = given
  if (clientAuthentication === undefined) return authenticationBySecret(clientSecret as ClientSecret)
  if (clientSecret !== undefined) {
    const remedy = 'Keep one: clientSecret for the usual choice, clientAuthentication to name the method.'
    wrong('clientSecret', 'and clientAuthentication are both given', remedy, 'ERR_CONFLICTING_OPTIONS')
  }
  checkMethod(clientAuthentication)
  checkIssuer(clientAuthentication, given)
  checkMutualTls(clientAuthentication, given)
  return clientAuthentication
}

function checkMethod(given: unknown): void {
  if (given === 'none' || (isMethod(given) && given.method === 'none')) {
    const remedy =
      'Give a secret, a key or a certificate: this grant is for clients that prove who they are (RFC 6749 §4.4).'
    wrong('clientAuthentication', "is 'none', so anyone could get this service's tokens", remedy)
  }
  if (isMethod(given) && typeof given.authenticate === 'function' && typeof given.changed === 'function') return
  const remedy = "Give what a function like clientSecretPost('…') returns."
  wrong('clientAuthentication', `is not a method of client authentication, but ${kindOf(given)}`, remedy)
}

function isMethod(given: unknown): given is Partial<ClientAuthentication> {
  return typeof given === 'object' && given !== null && 'method' in given
}

function checkIssuer({ method, needsIssuer }: ClientAuthentication, { issuer }: Surroundings): void {
  if (needsIssuer !== true || issuer !== undefined) return
  const remedy = `Give it too, or give audience to the method. ${method} needs it for its assertions.`
  wrong('issuer', 'is missing', remedy, 'ERR_MISSING_OPTION')
}
