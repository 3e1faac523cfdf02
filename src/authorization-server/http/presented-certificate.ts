import { createHash, type X509Certificate } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { TLSSocket } from 'node:tls'

/** The certificate that a client presented in the TLS handshake. */
export interface PresentedCertificate {
  /** `x5t#S256` (RFC 8705 §3.1). */
  readonly thumbprint: string
  /** The subject, with its parts joined by a comma and a space. */
  readonly subject: string
  /** Whether an authority that the server trusts has issued it. */
  readonly trusted: boolean
}

export function presentedCertificate({ socket }: IncomingMessage): PresentedCertificate | undefined {
  const certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined
  if (certificate === undefined) return undefined
  return {
    thumbprint: thumbprint(certificate),
    subject: certificate.subject.replaceAll('\n', ', '),
    trusted: (socket as TLSSocket).authorized
  }
}

export function thumbprint({ raw }: X509Certificate): string {
  return createHash('sha256').update(raw).digest('base64url')
}
