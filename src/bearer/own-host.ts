import { TokenClientError } from '../errors.ts'
import { bareOrigin } from './dispatch-origin.ts'

/**
 * Whether a `Host` field names the origin's own host, port included. undici takes the name that is checked in the
 * certificate from this field, and a server chooses its virtual host by it.
 */
export function isOwnHost(host: unknown, origin: string | undefined): boolean {
  if (typeof host !== 'string' || origin === undefined) return false
  return bareOrigin(`${new URL(origin).protocol}//${host}`) === origin
}

/** Whether undici's `servername` (SNI, RFC 6066 §3) is the origin's own host name, or is left to undici. */
export function isOwnServername(servername: unknown, origin: string): boolean {
  if (servername === undefined || servername === null || servername === '') return true
  return typeof servername === 'string' && servername.toLowerCase() === new URL(origin).hostname
}

export function foreignHost(origin: string): TokenClientError {
  const message =
    `A \`Host\` header or \`servername\` of the request is not that of ${origin}, so the token could reach another service. ` +
    'Leave it out, and do not pass on the `Host` of an incoming request; a name for the certificate belongs in the `connect` options of the Agent.'
  return new TokenClientError('ERR_UNCERTAIN_ORIGIN', message, { transient: false })
}
