import { type $Fetch, createFetch } from 'ofetch'
import type { TokenClient } from 'service-token-client'

export function usersApi(tokens: TokenClient, origin: string): $Fetch {
  const fetch = tokens.createFetch({ origins: [origin] })
  return createFetch({ fetch, defaults: { baseURL: origin } })
}
