import type { ClientAuthentication } from '../client-authentication/client-authentication.ts'
import type { ConnectOptions } from '../http/connect-options.ts'
import { kindOf, wrong } from '../wrong-option.ts'

/** Token types that say that the token is used in another way than Bearer (RFC 9449 §5, RFC 8693 §2.2.1). */
const others: readonly string[] = ['dpop', 'mac', 'pop', 'n_a']

interface Given {
  readonly tokenTypes?: unknown
  readonly dpop?: unknown
  readonly dispatcher?: unknown
  readonly fetch?: unknown
}

/** What can present a certificate to the authorization server. */
interface Presented {
  readonly clientAuthentication: ClientAuthentication | undefined
  readonly connect: ConnectOptions | undefined
}

/**
 * The names of token types that mean Bearer, in lower case, because RFC 6749 §5.1 ignores case. Auth0 says DPoP of tokens that are bound to a
 * certificate. Throws ClientConfigurationError.
 */
export function tokenTypesOption(given: Given, presented: Presented): readonly string[] {
  const { tokenTypes } = given
  if (tokenTypes === undefined) return ['bearer']
  const remedy = "Give an array of names that the server uses for Bearer, like ['BearerToken']."
  if (!Array.isArray(tokenTypes)) wrong('tokenTypes', `must be an array, but is ${kindOf(tokenTypes)}`, remedy)
  const names = tokenTypes.map((name: unknown) => {
    if (typeof name !== 'string' || name.trim() === '')
      wrong('tokenTypes', `has a member that is ${kindOf(name)}`, remedy)
    return name.toLowerCase()
  })
  const other = names.find((name) => others.includes(name))
  if (other === 'dpop' && !mayBeBoundToCertificate(given, presented))
    wrong('tokenTypes', 'has DPoP in it', 'Give dpop: true instead, or a certificate, for example with tlsClientAuth.')
  if (other !== undefined && other !== 'dpop')
    wrong('tokenTypes', 'has a type in it that is another than Bearer', remedy)
  return ['bearer', ...names]
}

/** Without a proof a token of this type can be bound to a certificate only. */
function mayBeBoundToCertificate(
  { dpop, dispatcher, fetch }: Given,
  { clientAuthentication, connect = {} }: Presented
): boolean {
  const { cert, pfx, secureContext } = connect
  const presenting = [clientAuthentication?.mutualTls, cert, pfx, secureContext, dispatcher, fetch]
  return dpop === undefined && presenting.some((one) => one !== undefined)
}
