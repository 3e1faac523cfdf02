import type { Secret } from '../token/secret.ts'

/** What a connection presents to the authorization server (RFC 8705 §2). */
export interface ClientCertificate {
  /** PEM: the certificate, and the chain up to where the server's trust begins. */
  readonly cert: string
  /** PEM. */
  readonly key: Secret
  /** base64url of the SHA-256 of the certificate: its `x5t#S256` (RFC 8705 §3.1). */
  readonly thumbprint: string
}
