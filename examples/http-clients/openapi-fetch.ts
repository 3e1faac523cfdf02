import createClient, { type Client } from 'openapi-fetch'
import type { TokenClient } from 'service-token-client'

/** `paths` comes from `openapi-typescript`. */
export function usersApi<paths extends object>(tokens: TokenClient, origin: string): Client<paths> {
  return createClient<paths>({ baseUrl: origin, fetch: tokens.createFetch({ origins: [origin] }) })
}
