import { type ClientRegistration, invalid, type RegisteredClient, registeredClient } from './client-registration.ts'

/** What an administrator does while the server runs. A client is bound by it from its next request on; tokens that are out stay as they are. */
export interface Clients {
  /** @throws ClientConfigurationError when it is unusable, or there already. */
  register(registration: ClientRegistration): void
  /** @throws ClientConfigurationError when the client would be unusable, or is not there. */
  change(clientId: string, changes: Partial<Omit<ClientRegistration, 'clientId'>>): void
  remove(clientId: string): void
}

export interface ClientRegistry extends Clients {
  find(clientId: string): RegisteredClient | undefined
  /** Every scope token that some client may have, sorted. */
  scopes(): readonly string[]
}

interface Entry {
  readonly registration: ClientRegistration
  readonly client: RegisteredClient
}

/** @throws ClientConfigurationError when a registration is unusable or a client id is there twice. */
export function clientRegistry(registrations: readonly ClientRegistration[]): ClientRegistry {
  const entries = new Map<string, Entry>()

  const registry: ClientRegistry = {
    register(registration) {
      const client = registeredClient(registration)
      if (entries.has(client.clientId)) throw invalid(`client "${client.clientId}" is registered twice. Keep one.`)
      entries.set(client.clientId, { registration, client })
    },
    change(clientId, changes) {
      const entry = entries.get(clientId)
      if (entry === undefined) throw invalid(`there is no client "${clientId}". Register it first.`)
      const registration = { ...entry.registration, ...changes, clientId }
      entries.set(clientId, { registration, client: registeredClient(registration) })
    },
    remove: (clientId) => void entries.delete(clientId),
    find: (clientId) => entries.get(clientId)?.client,
    scopes: () => [...new Set([...entries.values()].flatMap(({ client }) => client.scope))].sort()
  }
  registrations.forEach(registry.register)
  return registry
}
