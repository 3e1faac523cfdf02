import { setTimeout as sleep } from 'node:timers/promises'
import { createTokenClient } from 'service-token-client'
import type { AuthorizationServer } from 'service-token-client/authorization-server'
import { story } from './story.ts'

const calls = [
  ['shop', 'orders', 'place_order'],
  ['orders', 'users', 'read_user'],
  ['orders', 'billing', 'charge'],
  ['billing', 'users', 'read_user']
] as const

/** Milliseconds between two calls, and until somebody who was refused asks again. */
const pace = 2000
const patience = 6000

/** The callers ask for tokens as services do, with a token client for each call; their tokens live for seconds, so that every change shows soon. */
export function tellStory({ tokenEndpoint }: AuthorizationServer): { close(): Promise<void> } {
  const end = new AbortController()
  const told = Promise.all(calls.map((call) => keepCalling(call, tokenEndpoint, end.signal)))
  return {
    async close() {
      end.abort()
      await told
    }
  }
}

async function keepCalling(
  [clientId, audience, scope]: (typeof calls)[number],
  tokenEndpoint: string,
  end: AbortSignal
) {
  const clientSecret = story.clients.find((client) => client.clientId === clientId)?.clientSecret ?? ''
  const newClient = () => createTokenClient({ tokenEndpoint, clientId, clientSecret })
  let client = newClient()
  while (!end.aborted) {
    const token = await client.getToken({ audience, scope: [scope], signal: end }).catch(() => undefined)
    await sleep(token === undefined ? patience : pace, undefined, { signal: end }).catch(() => {})
    if (token !== undefined) continue
    // A client remembers a refusal for a minute. Somebody watches here, and may have given the right back.
    await client.close()
    client = newClient()
  }
  await client.close()
}
