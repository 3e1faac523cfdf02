import type { ClientAuthentication } from '../client-authentication/client-authentication.ts'
import { authenticationUnderFapi2, breach, connectUnderFapi2, fapi2Algorithms } from '../client-authentication/fapi2.ts'
import type { ConnectOptions } from '../http/connect-options.ts'
import { oneOf, wrong } from '../wrong-option.ts'
import type { DpopOptions } from './dpop-option.ts'

export interface ProfileOptions {
  /**
   * Refuses what the FAPI 2.0 Security Profile refuses: shared secrets, other signatures than PS256, ES256 and EdDSA, another audience than
   * the issuer, tokens that are bound to nothing, plain HTTP. Own connections take TLS 1.2 or newer, and its ciphers.
   */
  readonly profile?: 'fapi2'
}

/** What a profile makes of the options. */
export interface Profile {
  /** What may sign; undefined for everything. */
  readonly algorithms: readonly string[] | undefined
  authentication(method: ClientAuthentication): ClientAuthentication
  connect(connect: ConnectOptions | undefined): ConnectOptions | undefined
}

interface Given extends ProfileOptions, DpopOptions {
  readonly clientSecret?: unknown
  readonly dispatcher?: unknown
  readonly fetch?: unknown
}

const none: Profile = { algorithms: undefined, authentication: (method) => method, connect: (connect) => connect }

/** Throws ClientConfigurationError that names each breach of the profile. */
export function profileOption(given: Given, insecureHttpAllowed: boolean): Profile {
  if (given.profile === undefined) return none
  oneOf('profile', given.profile, ['fapi2'])
  const { clientSecret, dpop, allowBearer, dispatcher, fetch } = given
  if (clientSecret !== undefined)
    breach('clientSecret', 'is a shared secret', 'Give clientAuthentication: privateKeyJwt or tlsClientAuth.')
  if (allowBearer === true) breach('allowBearer', 'takes tokens that are bound to nothing', 'Leave it out.')
  if (insecureHttpAllowed) breach('[allowInsecureHttp]', 'is set', 'Leave it out.')
  const isOwn = dispatcher === undefined && fetch === undefined
  return {
    algorithms: fapi2Algorithms,
    authentication(method) {
      const own = authenticationUnderFapi2(method)
      if (own.mutualTls === undefined && dpop === undefined) {
        const remedy = 'Give dpop: true, or clientAuthentication: tlsClientAuth.'
        wrong(
          'dpop',
          "is missing, but profile: 'fapi2' needs tokens that are bound to a key",
          remedy,
          'ERR_MISSING_OPTION'
        )
      }
      return own
    },
    connect: (connect) => (isOwn ? connectUnderFapi2(connect) : connect)
  }
}
