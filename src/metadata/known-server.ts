import type { AuthorizationServer, AuthorizationServerSource } from './authorization-server.ts'

/** A server of which only the token endpoint is known, and perhaps its name. */
export function serverAt(tokenEndpoint: string, issuer: string | undefined): AuthorizationServer {
  return { issuer, tokenEndpoint, mutualTlsTokenEndpoint: undefined, authenticationMethods: undefined }
}

/** A server that was configured: nothing is fetched. */
export function knownServer(server: AuthorizationServer): AuthorizationServerSource {
  return { authorizationServer: () => server, rediscover: async () => server }
}
