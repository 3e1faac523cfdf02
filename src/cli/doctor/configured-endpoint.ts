import type { TokenClientOptions } from 'service-token-client'

/** The configured token endpoint; undefined if it comes from the metadata. */
export function configuredEndpoint(options: TokenClientOptions): string | undefined {
  return 'tokenEndpoint' in options ? options.tokenEndpoint : undefined
}
