import type { TokenClient } from 'service-token-client'
import { Agent, type Dispatcher, request } from 'undici'

/** For `request`, `stream`, `pipeline` and `fetch` of undici, as their `dispatcher`. */
export function usersAgent(tokens: TokenClient, origin: string): Dispatcher {
  return new Agent().compose(tokens.interceptor({ origins: [origin] }))
}

export async function readUser(agent: Dispatcher, origin: string, id: number): Promise<unknown> {
  const { body } = await request(`${origin}/users/${id}`, { dispatcher: agent })
  return body.json()
}
