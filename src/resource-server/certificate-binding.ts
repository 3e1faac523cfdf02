import { createHash } from 'node:crypto'
import { TLSSocket } from 'node:tls'
import { type CertificateHeader, forwardedThumbprint } from './forwarded-certificate.ts'
import type { ReceivedRequest } from './token-carrier.ts'

/** Returns the SHA-256 of the client's certificate. The client has proved that it has the key, in the TLS handshake here or at a trusted proxy. */
export function presentedThumbprint(
  request: ReceivedRequest | undefined,
  forwarded: CertificateHeader | undefined
): string | undefined {
  if (request === undefined) return undefined
  if (forwarded?.isTrusted(request.socket.remoteAddress) === true) return forwardedThumbprint(request, forwarded)
  const { socket } = request
  const certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined
  return certificate && createHash('sha256').update(certificate.raw).digest('base64url')
}
