import type { TokenClient } from 'service-token-client'
import { Agent, setGlobalDispatcher } from 'undici'

/** From here on every undici and every `fetch` of the process carries the token to these origins. */
export function carryTokensEverywhere(tokens: TokenClient, origins: readonly string[]): void {
  setGlobalDispatcher(new Agent().compose(tokens.interceptor({ origins })))
}
