import type { WarningCode } from '../events.ts'
import type { ClientCertificate } from '../http/client-certificate.ts'
import type { Deadline } from '../waiting/deadline.ts'

export type Warn = (code: WarningCode, message: string) => void

/** A token request while it is written. */
export interface TokenRequestDraft {
  readonly clientId: string
  readonly form: URLSearchParams
  /** Lower-case names. */
  readonly headers: Record<string, string>
  /** Absent when only the token endpoint is known. */
  readonly issuer: string | undefined
  readonly tokenEndpoint: string
  /** `token_endpoint_auth_methods_supported`, when the server publishes it. */
  readonly authenticationMethods: readonly string[] | undefined
  /** Epoch ms on the authorization server's clock, as far as it is known: what an assertion is dated with. */
  readonly now: number
  readonly warn: Warn
  /** When the request must have been answered. */
  readonly deadline: Deadline
  /** Set by a method that proves itself in the connection. */
  certificate?: ClientCertificate
  /** Set by a method whose proof holds the time: it can have failed because of a clock. */
  dated?: boolean
}

/** How a client proves who it is at the token endpoint: one object for each method of the IANA registry. */
export interface ClientAuthentication {
  /** Its name in the registry "OAuth Token Endpoint Authentication Methods". */
  readonly method: string
  /** It names the issuer as its audience, so the issuer must be known. */
  readonly needsIssuer?: boolean
  /** The proof is in the connection: `mtls_endpoint_aliases` go first (RFC 8705 §5). `ca`: PEM of the authorities to trust there. */
  readonly mutualTls?: { readonly ca: string | undefined } | undefined
  /** The same method by the rules of FAPI 2.0, which a method without this cannot keep. Throws ClientConfigurationError. */
  readonly underFapi2?: () => ClientAuthentication
  /** Adds the proof to the draft; called anew for every attempt. */
  authenticate(draft: TokenRequestDraft): Promise<Proof>
  /** Reads the credential again: whether there is one now that the server could not refuse yet. */
  changed(): Promise<boolean>
}

/** What one attempt was signed with; the server's answer is reported to it. */
export interface Proof {
  /** The name of the method that was used. */
  readonly method: string
  /** The server knows this client by it. */
  accepted(): void
  /** The server refused it (`invalid_client`). Whether one repeat, at once, is worth it: with a credential that it has not refused. */
  refused(): Promise<boolean>
}
