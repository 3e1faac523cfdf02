import type { TokenClientOptions } from 'service-token-client'

/** The configured token endpoint; undefined if the metadata name it. */
export function configuredEndpoint(options: TokenClientOptions): string | undefined {
  return 'tokenEndpoint' in options ? options.tokenEndpoint : undefined
}
