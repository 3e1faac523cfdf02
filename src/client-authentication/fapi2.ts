import type { ConnectOptions } from '../http/connect-options.ts'
import { wrong } from '../wrong-option.ts'
import type { ClientAuthentication } from './client-authentication.ts'

/** The algorithms that the FAPI 2.0 Security Profile allows (§5.4.1). */
export const fapi2Algorithms: readonly string[] = ['PS256', 'ES256', 'EdDSA', 'Ed25519']

/** TLS 1.3, and the part of TLS 1.2 that RFC 9325 §4.2 recommends (FAPI 2.0 §5.2.1), in OpenSSL's notation. */
const ciphers = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES256-GCM-SHA384'
].join(':')

/** The same method under the rules of FAPI 2.0 (§5.3.2.1). Throws ClientConfigurationError if the method breaks them. */
export function authenticationUnderFapi2(method: ClientAuthentication): ClientAuthentication {
  if (method.mutualTls !== undefined) return method
  if (method.underFapi2 !== undefined) return method.underFapi2()
  const remedy = 'Use privateKeyJwt or tlsClientAuth.'
  if (method.method.startsWith('client_secret')) breach('clientAuthentication', 'is a shared secret', remedy)
  breach('clientAuthentication', 'is signed by others, with a key that nobody here sees', remedy)
}

/** Our own connections under the rules of FAPI 2.0. */
export function connectUnderFapi2(connect: ConnectOptions = {}): ConnectOptions {
  if (connect.secureContext !== undefined) return connect // its owner has decided
  const { minVersion = 'TLSv1.2' } = connect
  if (minVersion !== 'TLSv1.2' && minVersion !== 'TLSv1.3')
    breach('connect.minVersion', 'is lower than TLS 1.2', 'Leave it out.')
  if (connect.ciphers !== undefined) breach('connect.ciphers', 'is given', 'Leave it out: the profile names them.')
  return { ...connect, minVersion, ciphers }
}

/** An option that the profile does not allow. */
export function breach(option: string, fault: string, remedy: string): never {
  wrong(option, `${fault}, which profile: 'fapi2' does not allow`, remedy, 'ERR_CONFLICTING_OPTIONS')
}
