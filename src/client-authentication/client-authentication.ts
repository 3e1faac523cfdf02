import type { WarningCode } from '../events.ts'
import type { ClientCertificate } from '../http/client-certificate.ts'
import type { Deadline } from '../waiting/deadline.ts'

export type Warn = (code: WarningCode, message: string) => void

/** A token request that is being written. */
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
  /** Epoch ms by the clock of the authorization server, as far as it is known. Assertions are dated with it. */
  readonly now: number
  readonly warn: Warn
  /** When the request must have been answered. */
  readonly deadline: Deadline
  /** Set by a method that authenticates in the TLS connection. */
  certificate?: ClientCertificate
  /** Set by a method whose proof contains the time, so it can fail because of a wrong clock. */
  dated?: boolean
}

/** How a client authenticates at the token endpoint. There is one object for each method of the IANA registry. */
export interface ClientAuthentication {
  /** Its name in the registry "OAuth Token Endpoint Authentication Methods". */
  readonly method: string
  /** Its assertions name the issuer as their audience, so the issuer must be known. */
  readonly needsIssuer?: boolean
  /** The method authenticates in the TLS connection, so `mtls_endpoint_aliases` are preferred (RFC 8705 §5). `ca` is the PEM of the authorities to trust there. */
  readonly mutualTls?: { readonly ca: string | undefined } | undefined
  /** The same method under the rules of FAPI 2.0. A method without this function cannot keep them. Throws ClientConfigurationError. */
  readonly underFapi2?: () => ClientAuthentication
  /** Adds the proof to the draft. It is called for every attempt. */
  authenticate(draft: TokenRequestDraft): Promise<Proof>
  /** Reads the credential again. Returns whether there is one now that the server has not refused yet. */
  changed(): Promise<boolean>
}

/** The credential of one attempt. It is told what the server answered. */
export interface Proof {
  /** The name of the method that was used. */
  readonly method: string
  /** The server accepted it. */
  accepted(): void
  /** The server refused it (`invalid_client`). Returns whether to repeat the request at once, with a credential that the server has not refused. */
  refused(): Promise<boolean>
}
