import { setTimeout as sleep } from 'node:timers/promises'
import { createTokenClient } from 'service-token-client'
import type { AuthorizationServer } from 'service-token-client/authorization-server'
import { exampleRegistry } from './example-registry.ts'

const calls = [
  ['shop', 'orders', 'place_order'],
  ['orders', 'users', 'read_user'],
  ['orders', 'billing', 'charge'],
  ['billing', 'users', 'read_user']
] as const

/** Milliseconds between two calls, and after a refusal until the next attempt. */
const pace = 2000
const patience = 6000

/** Asks for tokens as the clients of the example would. Their tokens live for seconds, so that the page soon shows every change. */
export function startExampleClients({ tokenEndpoint }: AuthorizationServer): { close(): Promise<void> } {
  const end = new AbortController()
  const running = Promise.all(calls.map((call) => keepCalling(call, tokenEndpoint, end.signal)))
  return {
    async close() {
      end.abort()
      await running
    }
  }
}

async function keepCalling(
  [clientId, audience, scope]: (typeof calls)[number],
  tokenEndpoint: string,
  end: AbortSignal
) {
  const clientSecret = exampleRegistry.clients.find((client) => client.clientId === clientId)?.clientSecret ?? ''
  const newClient = () => createTokenClient({ tokenEndpoint, clientId, clientSecret })
  let client = newClient()
  while (!end.aborted) {
    const token = await client.getToken({ audience, scope: [scope], signal: end }).catch(() => undefined)
    await sleep(token === undefined ? patience : pace, undefined, { signal: end }).catch(() => {})
    if (token !== undefined) continue
    // A client remembers a refusal for a minute. Somebody may have granted the right again and is watching, so a new client asks sooner.
    await client.close()
    client = newClient()
  }
  await client.close()
}
