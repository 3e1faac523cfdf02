import { authenticationMethods } from './authentication-methods.ts'

export interface ServerUrls {
  readonly tokenEndpoint: string
  readonly jwksUri: string
  readonly introspectionEndpoint: string
  readonly revocationEndpoint: string
}

/** What the server publishes about itself (RFC 8414 §2). No grant of it goes through a browser, so it has no response types. */
export function metadataDocument(issuer: string, urls: ServerUrls, scopes: readonly string[]): object {
  const methods = authenticationMethods.map(({ method }) => method)
  return {
    issuer,
    token_endpoint: urls.tokenEndpoint,
    jwks_uri: urls.jwksUri,
    introspection_endpoint: urls.introspectionEndpoint,
    revocation_endpoint: urls.revocationEndpoint,
    scopes_supported: scopes,
    response_types_supported: [],
    grant_types_supported: ['client_credentials'],
    token_endpoint_auth_methods_supported: methods,
    introspection_endpoint_auth_methods_supported: methods,
    revocation_endpoint_auth_methods_supported: methods
  }
}

/** Where the document of an issuer lies: RFC 8414 §3.1 puts the well-known part before its path, OpenID Connect Discovery §4 behind it. */
export function metadataPaths(issuer: string): readonly string[] {
  const path = new URL(issuer).pathname.replace(/\/$/, '')
  return [`/.well-known/oauth-authorization-server${path}`, `${path}/.well-known/openid-configuration`]
}
