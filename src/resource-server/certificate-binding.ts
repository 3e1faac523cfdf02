import { createHash, X509Certificate } from 'node:crypto'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { JsonObject } from './compact-jws.ts'
import type { ReceivedRequest } from './token-carrier.ts'
import { RefusedToken } from './token-refused-error.ts'

/** A proxy that ends TLS and forwards the client's certificate. */
export interface ForwardedCertificate {
  /** The header it comes in, as `Client-Cert` (RFC 9440) or as URL-encoded PEM. The proxy must take it away from what clients send. */
  readonly header: string
  /** Addresses of the proxies that may send it; from anybody else it is not read. */
  readonly trustedProxies: readonly string[]
}

/**
 * A token that is bound to a certificate counts only on a connection that proved to have it (RFC 8705 §3).
 * A token with a binding of another kind is refused: to take it as a plain bearer token would undo the binding.
 * @throws RefusedToken
 */
export function checkBinding(claims: JsonObject, certificate: () => Uint8Array | undefined): void {
  const { cnf } = claims
  if (cnf === undefined) return
  const members = typeof cnf === 'object' && cnf !== null ? Object.entries(cnf) : []
  const [[name, thumbprint] = []] = members
  if (members.length !== 1 || name !== 'x5t#S256' || typeof thumbprint !== 'string')
    throw new RefusedToken('unknown_binding')
  const presented = certificate()
  if (presented === undefined || createHash('sha256').update(presented).digest('base64url') !== thumbprint)
    throw new RefusedToken('wrong_certificate')
}

/** The DER bytes of the certificate that the client proved to have, in the TLS handshake here or at a trusted proxy. */
export function clientCertificate(
  request: ReceivedRequest | undefined,
  forwarded?: ForwardedCertificate
): Uint8Array | undefined {
  if (request === undefined) return undefined
  const { socket, headers } = request
  if (forwarded === undefined || !isTrusted(socket, forwarded)) return fromHandshake(socket)
  return fromHeader(headers[forwarded.header.toLowerCase()])
}

function isTrusted({ remoteAddress = '' }: Socket, { trustedProxies }: ForwardedCertificate): boolean {
  return trustedProxies.includes(remoteAddress.replace(/^::ffff:/, ''))
}

function fromHandshake(socket: Socket): Uint8Array | undefined {
  return socket instanceof TLSSocket ? socket.getPeerX509Certificate()?.raw : undefined
}

function fromHeader(field: string | readonly string[] | undefined): Uint8Array | undefined {
  if (typeof field !== 'string') return undefined
  const [, base64] = /^:([A-Za-z0-9+/]+=*):$/.exec(field) ?? []
  try {
    return new X509Certificate(base64 === undefined ? decodeURIComponent(field) : Buffer.from(base64, 'base64')).raw
  } catch {
    return undefined
  }
}
