import { type ConnectOptions, certificateOption } from '../http/connect-options.ts'
import { wrong } from '../wrong-option.ts'
import type { ClientAuthentication } from './client-authentication.ts'

interface Surroundings {
  readonly dispatcher?: unknown
  readonly fetch?: unknown
  readonly connect?: ConnectOptions | undefined
}

/** A certificate belongs to a connection, and the connections of a user's dispatcher are not ours. Throws ClientConfigurationError. */
export function checkMutualTls({ mutualTls, method }: ClientAuthentication, given: Surroundings): void {
  if (mutualTls === undefined) return
  const { dispatcher, fetch, connect } = given
  if (dispatcher !== undefined || fetch !== undefined) {
    const option = dispatcher === undefined ? 'fetch' : 'dispatcher'
    const remedy = `Leave it out: ${method} opens its own connections. Give a private authority as ca.`
    wrong(option, `cannot present the certificate of ${method}`, remedy, 'ERR_CONFLICTING_OPTIONS')
  }
  const double = connect === undefined ? undefined : certificateOption(connect)
  if (double !== undefined) {
    const remedy = `Leave it out: a connection presents one certificate, and that is the one of ${method}.`
    wrong(`connect.${double}`, `cannot be combined with ${method}`, remedy, 'ERR_CONFLICTING_OPTIONS')
  }
  if (connect?.ca !== undefined && mutualTls.ca !== undefined) {
    wrong('connect.ca', `and ca of ${method} are both given`, 'Keep one of the two.', 'ERR_CONFLICTING_OPTIONS')
  }
}

/** The method's own `ca` is for the same connections. */
export function withAuthorities(
  connect: ConnectOptions | undefined,
  method: ClientAuthentication | undefined
): ConnectOptions | undefined {
  const ca = method?.mutualTls?.ca
  return ca === undefined ? connect : { ...connect, ca }
}
