import { limits } from './limits.ts'
import type { TokenClientOptions } from './options/client-options.ts'
import { createTokenClient, type TokenClient } from './token-client/token-client.ts'
import { checkedFields, kindOf, nonEmptyString, wholeNumber, wrong } from './wrong-option.ts'

export interface TokenClientsOptions {
  /** How many clients are kept, 10,000 by default. If there are more, the client that nobody has asked for the longest is dropped. */
  readonly limit?: number
}

/** A client for each tenant. */
export interface TokenClients {
  /** Returns the client of the tenant, and creates it at the first call. Throws what `createTokenClient` throws for its options. */
  for(tenant: string): TokenClient
  /** How many clients are kept now. */
  readonly size: number
  /** Closes all clients. A client that is asked for later is already closed. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Creates clients for many tenants. `optionsOf` returns the options of each tenant. Clients that name the same authorization server and reach
 * it in the same way share its metadata, their connections and one timer. No tenant shares a token or a credential with another.
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
  /** The client that nobody has asked for the longest comes first. */
  const kept = new Map<string, TokenClient>()
  /** Clients that were dropped but may still be in use. */
  const released = new Set<WeakRef<TokenClient>>()
  const gone = new FinalizationRegistry<WeakRef<TokenClient>>((reference) => released.delete(reference))
  let closed: Promise<void> | undefined

  function make(tenant: string): TokenClient {
    const client = createTokenClient(optionsOf(tenant))
    if (closed !== undefined) void client.close()
    else if (kept.size >= limit) release()
    return client
  }

  /** It is not closed, because somebody may still use it. Its tokens expire when nobody uses them. */
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
      const known = kept.get(tenant)
      kept.delete(tenant) // whoever is asked for again moves to the end
      // One that its user has closed, by `await using` perhaps, serves nobody any more.
      const client = known === undefined || known.state === 'closed' ? make(tenant) : known
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
