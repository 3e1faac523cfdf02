/** A token request while it is written. */
export interface TokenRequestDraft {
  readonly clientId: string
  readonly form: URLSearchParams
  /** Lower-case names. */
  readonly headers: Record<string, string>
  /** Absent when only the token endpoint is known. */
  readonly issuer: string | undefined
  readonly tokenEndpoint: string
}

/** How a client proves who it is at the token endpoint: one object for each method of the IANA registry. */
export interface ClientAuthentication {
  /** Its name in the registry "OAuth Token Endpoint Authentication Methods". */
  readonly method: string
  /** Adds the proof to the draft; called anew for every attempt. */
  authenticate(draft: TokenRequestDraft): Promise<void>
}
