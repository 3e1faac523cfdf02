import { asymmetricAlgorithms } from '../../proof/signature-algorithms.ts'
import { assertionAlgorithms } from '../client-authentication/assertions.ts'

export interface ServerUrls {
  readonly tokenEndpoint: string
  readonly jwksUri: string
  readonly introspectionEndpoint: string
  readonly revocationEndpoint: string
  /** The token endpoint that asks for a client certificate (RFC 8705 §5); undefined without the option `tls`. */
  readonly mutualTlsTokenEndpoint: string | undefined
  readonly mutualTlsIntrospectionEndpoint: string | undefined
}

interface Supported {
  /** The algorithm that signs access tokens. */
  readonly algorithm: string
  readonly scopes: readonly string[]
  readonly methods: readonly string[]
}

/** The metadata of the server (RFC 8414 §2). No grant of this server uses a browser, so there are no response types. */
export function metadataDocument(issuer: string, urls: ServerUrls, { algorithm, scopes, methods }: Supported): object {
  const { mutualTlsTokenEndpoint, mutualTlsIntrospectionEndpoint } = urls
  const signatures = methods.some((method) => method.endsWith('_jwt')) ? assertionAlgorithms : undefined
  return {
    issuer,
    token_endpoint: urls.tokenEndpoint,
    jwks_uri: urls.jwksUri,
    introspection_endpoint: urls.introspectionEndpoint,
    revocation_endpoint: urls.revocationEndpoint,
    scopes_supported: scopes,
    response_types_supported: [],
    // This server makes no ID tokens, but OpenID Connect Discovery §3 requires these two, and strict readers refuse a document without them.
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [algorithm],
    grant_types_supported: ['client_credentials'],
    token_endpoint_auth_methods_supported: methods,
    token_endpoint_auth_signing_alg_values_supported: signatures,
    ...(mutualTlsTokenEndpoint !== undefined && {
      mtls_endpoint_aliases: {
        token_endpoint: mutualTlsTokenEndpoint,
        introspection_endpoint: mutualTlsIntrospectionEndpoint
      },
      tls_client_certificate_bound_access_tokens: true
    }),
    dpop_signing_alg_values_supported: asymmetricAlgorithms,
    introspection_endpoint_auth_methods_supported: methods,
    introspection_endpoint_auth_signing_alg_values_supported: signatures,
    revocation_endpoint_auth_methods_supported: methods,
    revocation_endpoint_auth_signing_alg_values_supported: signatures
  }
}

/** The paths of an issuer's metadata. RFC 8414 §3.1 puts the well-known part before the issuer's path, and OpenID Connect Discovery §4 puts it after. */
export function metadataPaths(issuer: string): readonly string[] {
  const path = new URL(issuer).pathname.replace(/\/$/, '')
  return [`/.well-known/oauth-authorization-server${path}`, `${path}/.well-known/openid-configuration`]
}
