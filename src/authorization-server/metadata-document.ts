import { authenticationMethods } from './authentication-methods.ts'

export interface MetadataFields {
  readonly issuer: string
  readonly tokenEndpoint: string
  readonly jwksUri: string
  readonly scopes: readonly string[]
}

/** What the server publishes about itself (RFC 8414 §2). No grant of it goes through a browser, so it has no response types. */
export function metadataDocument({ issuer, tokenEndpoint, jwksUri, scopes }: MetadataFields): object {
  return {
    issuer,
    token_endpoint: tokenEndpoint,
    jwks_uri: jwksUri,
    scopes_supported: scopes,
    response_types_supported: [],
    grant_types_supported: ['client_credentials'],
    token_endpoint_auth_methods_supported: authenticationMethods.map(({ method }) => method)
  }
}

/** Where the document of an issuer lies: RFC 8414 §3.1 puts the well-known part before its path, OpenID Connect Discovery §4 behind it. */
export function metadataPaths(issuer: string): readonly string[] {
  const path = new URL(issuer).pathname.replace(/\/$/, '')
  return [`/.well-known/oauth-authorization-server${path}`, `${path}/.well-known/openid-configuration`]
}
