import type { TokenClientOptions } from 'service-token-client'

/** The token endpoint that was configured, in place of one that metadata name. */
export function configuredEndpoint(options: TokenClientOptions): string | undefined {
  return 'tokenEndpoint' in options ? options.tokenEndpoint : undefined
}
