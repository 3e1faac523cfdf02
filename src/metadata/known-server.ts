import type { AuthorizationServer, AuthorizationServerSource } from './server-source.ts'

/** A server of which only the token endpoint is known, and perhaps its name. */
export function serverAt(tokenEndpoint: string, issuer: string | undefined): AuthorizationServer {
  const unknown = {
    mutualTlsTokenEndpoint: undefined,
    authenticationMethods: undefined,
    jwksUri: undefined,
    introspectionEndpoint: undefined
  }
  return { issuer, tokenEndpoint, ...unknown }
}

/** A server that was configured, so nothing is fetched. */
export function knownServer(server: AuthorizationServer): AuthorizationServerSource {
  return { authorizationServer: () => server, rediscover: async () => server }
}
