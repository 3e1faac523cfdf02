/** What a resource publishes about itself, at `/.well-known/oauth-protected-resource` (RFC 9728 §2). */
export interface ProtectedResource {
  /** Exactly the identifier that clients know it by (RFC 9728 §3.3). */
  readonly resource: string
  /** Issuers of the tokens that it takes. */
  readonly authorizationServers: readonly string[]
  readonly scopes?: readonly string[]
}

/** The JSON document to publish; tokens are taken from the header alone. */
export function protectedResourceMetadata({ resource, authorizationServers, scopes }: ProtectedResource): object {
  return {
    resource,
    authorization_servers: authorizationServers,
    ...(scopes !== undefined && { scopes_supported: scopes }),
    bearer_methods_supported: ['header']
  }
}

/** Where it is published. The well-known part comes before the path of the resource (RFC 9728 §3.1). */
export function protectedResourceMetadataUrl(resource: string): string {
  const { origin, pathname, search } = new URL(resource)
  return `${origin}/.well-known/oauth-protected-resource${pathname.replace(/\/$/, '')}${search}`
}
