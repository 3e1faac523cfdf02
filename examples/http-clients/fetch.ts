import type { TokenClient } from 'service-token-client'

export async function createUser(tokens: TokenClient, origin: string, user: object): Promise<unknown> {
  const authorizedFetch = tokens.createFetch({ origins: [origin] }) // make it once, use it everywhere
  const headers = { 'content-type': 'application/json' }
  const response = await authorizedFetch(`${origin}/users`, { method: 'POST', headers, body: JSON.stringify(user) })
  return response.json()
}
