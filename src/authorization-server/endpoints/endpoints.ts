import type { ClientGate } from '../client-authentication/client-gate.ts'
import type { Listeners } from '../http/listeners.ts'
import type { ServerRegistry } from '../registry/live-registry.ts'
import type { AccessTokens } from '../tokens/access-tokens.ts'
import type { SigningKeys } from '../tokens/signing-keys.ts'
import { documentEndpoint, type Endpoint } from './endpoint.ts'
import { introspectionEndpoint } from './introspection-endpoint.ts'
import { metadataDocument, metadataPaths, type ServerUrls } from './metadata-document.ts'
import { revocationEndpoint } from './revocation-endpoint.ts'
import { tokenEndpoint } from './token-endpoint.ts'

export interface EndpointsOptions {
  readonly issuer: string
  readonly urls: ServerUrls
  readonly gate: ClientGate
  readonly registry: ServerRegistry
  readonly tokens: AccessTokens
  readonly keys: SigningKeys
  /** Ways to authenticate that the metadata lists. */
  readonly methods: readonly string[]
  /** Milliseconds that tokens live. */
  readonly lifetime: number
  /** Epoch ms. */
  readonly now: () => number
}

/** Everything the server does, by URL. */
export function serverEndpoints({ origin }: Listeners, options: EndpointsOptions): ReadonlyMap<string, Endpoint> {
  const { issuer, urls, registry, keys, methods } = options
  const token = tokenEndpoint(options)
  const metadata = documentEndpoint('metadata', () =>
    metadataDocument(issuer, urls, { scopes: registry.model.scopes, methods })
  )
  return new Map<string, Endpoint>([
    [urls.tokenEndpoint, token],
    ...(urls.mutualTlsTokenEndpoint === undefined ? [] : ([[urls.mutualTlsTokenEndpoint, token]] as const)),
    [urls.introspectionEndpoint, introspectionEndpoint(options)],
    [urls.revocationEndpoint, revocationEndpoint(options)],
    [urls.jwksUri, documentEndpoint('jwks', () => ({ keys: keys.published() }))],
    ...metadataPaths(issuer).map((path) => [origin + path, metadata] as const)
  ])
}

export function serverUrls({ origin, mutualTlsOrigin }: Listeners): ServerUrls {
  return {
    tokenEndpoint: `${origin}/token`,
    jwksUri: `${origin}/jwks`,
    introspectionEndpoint: `${origin}/introspect`,
    revocationEndpoint: `${origin}/revoke`,
    mutualTlsTokenEndpoint: mutualTlsOrigin && `${mutualTlsOrigin}/token`
  }
}
