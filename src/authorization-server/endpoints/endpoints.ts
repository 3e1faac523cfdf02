import type { ClientGate } from '../client-authentication/client-gate.ts'
import type { TokenBinding } from '../client-authentication/token-binding.ts'
import type { Door } from '../http/listeners.ts'
import type { ServerRegistry } from '../registry/live-registry.ts'
import type { AccessTokens } from '../tokens/access-tokens.ts'
import type { IssuedTokens } from '../tokens/issued-tokens.ts'
import type { SigningKeys } from '../tokens/signing-keys.ts'
import { documentEndpoint, type Endpoint } from './endpoint.ts'
import { introspectionEndpoint } from './introspection-endpoint.ts'
import { revocationEndpoint } from './revocation-endpoint.ts'
import { metadataDocument, metadataPaths, type ServerUrls } from './server-metadata.ts'
import { tokenEndpoint } from './server-token-endpoint.ts'

export interface EndpointsOptions {
  readonly issuer: string
  readonly urls: ServerUrls
  readonly gate: ClientGate
  readonly registry: ServerRegistry
  readonly tokens: AccessTokens
  readonly binding: TokenBinding
  readonly issued: IssuedTokens
  readonly keys: SigningKeys
  /** The authentication methods in the metadata. */
  readonly methods: readonly string[]
  /** The lifetime of tokens in milliseconds. */
  readonly lifetime: number
  /** Epoch ms. */
  readonly now: () => number
}

/** All endpoints, by the port that a request came to and by its path. */
export type Endpoints = Readonly<Record<Door, ReadonlyMap<string, Endpoint>>>

export function serverEndpoints(options: EndpointsOptions): Endpoints {
  const { issuer, urls, registry, keys, methods } = options
  const token = tokenEndpoint(options)
  const introspection = introspectionEndpoint(options)
  const metadata = documentEndpoint('metadata', () =>
    metadataDocument(issuer, urls, { algorithm: keys.current().algorithm, scopes: registry.model.scopes, methods })
  )
  return {
    plain: new Map<string, Endpoint>([
      ['/token', token],
      ['/introspect', introspection],
      ['/revoke', revocationEndpoint(options)],
      ['/jwks', documentEndpoint('jwks', () => ({ keys: keys.published() }))],
      ...metadataPaths(issuer).map((path) => [path, metadata] as const)
    ]),
    mutualTls: new Map([
      ['/token', token],
      ['/introspect', introspection]
    ])
  }
}

/** The URLs of the endpoints, at the origins by which others reach the server. */
export function serverUrls(origin: string, mutualTlsOrigin: string | undefined): ServerUrls {
  return {
    tokenEndpoint: `${origin}/token`,
    jwksUri: `${origin}/jwks`,
    introspectionEndpoint: `${origin}/introspect`,
    revocationEndpoint: `${origin}/revoke`,
    mutualTlsTokenEndpoint: mutualTlsOrigin && `${mutualTlsOrigin}/token`,
    mutualTlsIntrospectionEndpoint: mutualTlsOrigin && `${mutualTlsOrigin}/introspect`
  }
}
