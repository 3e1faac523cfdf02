import { limits } from './limits.ts'
import type { TokenClientOptions } from './options/client-options.ts'
import { createTokenClient, type TokenClient } from './token-client.ts'
import { checkedFields, kindOf, nonEmptyString, wholeNumber, wrong } from './wrong-option.ts'

export interface TokenClientsOptions {
  /** How many clients are kept, 10,000 unless given. Then the one that was asked for longest ago is let go. */
  readonly limit?: number
}

/** A client for each tenant. */
export interface TokenClients {
  /** The tenant's client, made when it is first asked for. Throws what `createTokenClient` throws for its options. */
  for(tenant: string): TokenClient
  /** How many are kept now. */
  readonly size: number
  /** Closes all of them. What is asked for afterwards is closed already. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Clients for many tenants, each with the options that `optionsOf` gives for it. Those that name the same authorization server and reach
 * it in the same way share its metadata, their connections and one timer; no tenant shares a token or a credential with another.
 *
 * @example
 * const clients = createTokenClients((tenant) => ({
 *   issuer: 'https://auth.internal',
 *   clientId: tenant,
 *   clientSecret: { file: `/run/secrets/${tenant}` }
 * }))
 * const token = await clients.for('acme').getToken()
 */
export function createTokenClients(
  optionsOf: (tenant: string) => TokenClientOptions,
  options: TokenClientsOptions = {}
): TokenClients {
  if (typeof optionsOf !== 'function') {
    const remedy = 'Give (tenant) => ({ issuer, clientId, clientSecret }).'
    wrong('createTokenClients', `needs a function from a tenant to its options, but got ${kindOf(optionsOf)}`, remedy)
  }
  const limit = checkedLimit(options)
  /** The one that was asked for longest ago comes first. */
  const kept = new Map<string, TokenClient>()
  /** Let go, and perhaps still used by somebody. */
  const released = new Set<WeakRef<TokenClient>>()
  const gone = new FinalizationRegistry<WeakRef<TokenClient>>((reference) => released.delete(reference))
  let closed: Promise<void> | undefined

  function make(tenant: string): TokenClient {
    const client = createTokenClient(optionsOf(tenant))
    if (closed !== undefined) void client.close()
    else if (kept.size >= limit) release()
    return client
  }

  /** Not closed: whoever holds it goes on, and its own tokens end with their use. */
  function release(): void {
    const [[tenant, client] = []] = kept
    if (tenant === undefined || client === undefined) return
    kept.delete(tenant)
    const reference = new WeakRef(client)
    released.add(reference)
    gone.register(client, reference)
  }

  function close(): Promise<void> {
    const all = [...kept.values(), ...Array.from(released, (one) => one.deref())]
    closed ??= Promise.all(all.map((client) => client?.close())).then(() => {})
    kept.clear()
    released.clear()
    return closed
  }

  return {
    for(tenant) {
      nonEmptyString('tenant', tenant, 'Give the name by which your function knows it.')
      const client = kept.get(tenant) ?? make(tenant)
      kept.delete(tenant)
      if (closed === undefined) kept.set(tenant, client)
      return client
    },
    get size() {
      return kept.size
    },
    close,
    [Symbol.asyncDispose]: close
  }
}

function checkedLimit(options: TokenClientsOptions): number {
  const { limit = limits.keys } = checkedFields('createTokenClients options', options, ['limit'])
  return wholeNumber('limit', limit, { least: 1 })
}
