import ky, { type KyInstance } from 'ky'
import type { TokenClient } from 'service-token-client'

export function usersApi(tokens: TokenClient, origin: string): KyInstance {
  return ky.create({ prefixUrl: origin, fetch: tokens.createFetch({ origins: [origin] }) })
}
