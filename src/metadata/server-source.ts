import type { Patience } from '../waiting/patience.ts'

/** What a resource server needs to know about an issuer. Some issuers have no token endpoint: Kubernetes, GitHub Actions. */
export interface Issuer {
  readonly issuer: string | undefined
  /** Where its keys are, when the server publishes them. */
  readonly jwksUri?: string | undefined
  /** The introspection endpoint (RFC 7662), if there is one. */
  readonly introspectionEndpoint?: string | undefined
  /** The same for clients that prove themselves in the connection (RFC 8705 §5). */
  readonly mutualTlsIntrospectionEndpoint?: string | undefined
  /** `introspection_endpoint_auth_methods_supported`, when the server publishes it. */
  readonly introspectionMethods?: readonly string[] | undefined
}

/** What is known of the authorization server (RFC 8414 §2). */
export interface AuthorizationServer extends Issuer {
  readonly tokenEndpoint: string
  /** `mtls_endpoint_aliases.token_endpoint`, for clients that authenticate with a certificate (RFC 8705 §5). */
  readonly mutualTlsTokenEndpoint: string | undefined
  /** `token_endpoint_auth_methods_supported`, when the server publishes it. */
  readonly authenticationMethods: readonly string[] | undefined
}

export interface ServerSource<Server extends Issuer> {
  /** At once when it is known, else a promise of it. Never throws. */
  authorizationServer(patience: Patience): Server | Promise<Server>
  /** Called when an endpoint was not found. Returns what the server says now, or what is known if it does not answer. */
  rediscover(patience: Patience): Promise<Server>
}

export type AuthorizationServerSource = ServerSource<AuthorizationServer>
