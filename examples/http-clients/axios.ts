import axios, { type AxiosInstance } from 'axios'
import type { TokenClient } from 'service-token-client'

/** The `fetch` adapter of axios sends; its `http` adapter takes neither a dispatcher nor a fetch. */
export function usersApi(tokens: TokenClient, origin: string): AxiosInstance {
  const fetch = tokens.createFetch({ origins: [origin] })
  return axios.create({ baseURL: origin, adapter: 'fetch', env: { fetch } })
}
