import got, { type Got } from 'got'
import type { TokenClient } from 'service-token-client'
import { gotHooks } from 'service-token-client/adapters'

export function usersApi(tokens: TokenClient, origin: string): Got {
  return got.extend({ prefixUrl: origin, hooks: gotHooks(tokens, { origins: [origin] }) })
}
