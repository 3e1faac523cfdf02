import { GraphQLClient } from 'graphql-request'
import type { TokenClient } from 'service-token-client'

export function usersApi(tokens: TokenClient, origin: string): GraphQLClient {
  return new GraphQLClient(`${origin}/graphql`, { fetch: tokens.createFetch({ origins: [origin] }) })
}
