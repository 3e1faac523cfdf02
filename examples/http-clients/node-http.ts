import { json } from 'node:stream/consumers'
import type { TokenClient } from 'service-token-client'
import { nodeHttp } from 'service-token-client/adapters'

export async function createUser(tokens: TokenClient, origin: string, user: object): Promise<unknown> {
  const send = nodeHttp(tokens, { origins: [origin] }) // make it once, use it everywhere
  const headers = { 'content-type': 'application/json' }
  return json(await send(`${origin}/users`, { method: 'POST', headers, body: JSON.stringify(user) }))
}
