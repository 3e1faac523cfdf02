/** The metadata that a resource publishes at `/.well-known/oauth-protected-resource` (RFC 9728 §2). */
export interface ProtectedResource {
  /** The identifier of the resource, exactly as clients know it (RFC 9728 §3.3). */
  readonly resource: string
  /** The issuers whose tokens the resource accepts. */
  readonly authorizationServers: readonly string[]
  readonly scopes?: readonly string[]
}

/** Returns the JSON document to publish. It says that tokens are accepted in the header only. */
export function protectedResourceMetadata({ resource, authorizationServers, scopes }: ProtectedResource): object {
  return {
    resource,
    authorization_servers: authorizationServers,
    ...(scopes !== undefined && { scopes_supported: scopes }),
    bearer_methods_supported: ['header']
  }
}

/** Returns the URL of the document. The well-known part comes before the path of the resource (RFC 9728 §3.1). */
export function protectedResourceMetadataUrl(resource: string): string {
  const { origin, pathname, search } = new URL(resource)
  return `${origin}/.well-known/oauth-protected-resource${pathname.replace(/\/$/, '')}${search}`
}
