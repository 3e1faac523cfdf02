import type { WarningCode } from '../events.ts'

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
}

/** How a client proves who it is at the token endpoint: one object for each method of the IANA registry. */
export interface ClientAuthentication {
  /** Its name in the registry "OAuth Token Endpoint Authentication Methods". */
  readonly method: string
  /** It names the issuer as its audience, so the issuer must be known. */
  readonly needsIssuer?: boolean
  /** Adds the proof to the draft; called anew for every attempt. */
  authenticate(draft: TokenRequestDraft): Promise<Proof>
  /** Reads the credential again: whether there is one now that the server could not refuse yet. */
  changed(): Promise<boolean>
}

/** What one attempt was signed with; the server's answer is reported to it. */
export interface Proof {
  /** The server knows this client by it. */
  accepted(): void
  /** The server refused it (`invalid_client`). Whether one repeat, at once, is worth it: with a credential that it has not refused. */
  refused(): Promise<boolean>
}
