import type { AuthorizationServerSource } from './authorization-server.ts'

export interface KnownServerOptions {
  readonly issuer?: string | undefined
  readonly tokenEndpoint: string
}

/** A server whose token endpoint was configured: nothing is fetched. */
export function knownServer({ issuer, tokenEndpoint }: KnownServerOptions): AuthorizationServerSource {
  const server = { issuer, tokenEndpoint, mutualTlsTokenEndpoint: undefined, authenticationMethods: undefined }
  return { authorizationServer: () => server, rediscover: async () => server }
}
