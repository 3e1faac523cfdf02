import { createHash } from 'node:crypto'
import { TLSSocket } from 'node:tls'
import type { JsonObject } from './compact-jws.ts'
import { type CertificateHeader, forwardedThumbprint } from './forwarded-certificate.ts'
import type { ReceivedRequest } from './token-carrier.ts'
import { RefusedToken } from './token-refused-error.ts'

/**
 * A token that is bound to a certificate counts only on a connection that proved to have it (RFC 8705 §3).
 * A token with a binding of another kind is refused: to take it as a plain bearer token would undo the binding.
 * @throws RefusedToken
 */
export function checkBinding(claims: JsonObject, presented: () => string | undefined): void {
  const { cnf } = claims
  if (cnf === undefined) return
  const members = typeof cnf === 'object' && cnf !== null ? Object.entries(cnf) : []
  const [[name, thumbprint] = []] = members
  if (members.length !== 1 || name !== 'x5t#S256' || typeof thumbprint !== 'string')
    throw new RefusedToken('unknown_binding')
  if (presented() !== thumbprint) throw new RefusedToken('wrong_certificate')
}

/** The SHA-256 of the certificate that the client proved to have, in the TLS handshake here or at a trusted proxy. */
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
