import type { ServerRegistry } from './live-registry.ts'
import type { ClientRegistration } from './registration.ts'

/** Changes clients while the server runs. A change acts on the next request of the client. Tokens that were issued before stay as they are. */
export interface Clients {
  /** @throws ClientConfigurationError if the registration is not valid, or if there is already a client with this id */
  register(registration: ClientRegistration): void
  /** @throws ClientConfigurationError if the changed registration is not valid, or if there is no such client */
  change(clientId: string, changes: Partial<Omit<ClientRegistration, 'clientId'>>): void
  remove(clientId: string): void
}

export function registeredClients(registry: ServerRegistry): Clients {
  return {
    register(registration) {
      registry.replace({ ...registry.current, clients: [...registry.current.clients, registration] })
    },
    change(clientId, changes) {
      registry.change(clientId, (client) => ({ ...client, ...changes, clientId }))
    },
    remove(clientId) {
      const { clients } = registry.current
      registry.replace({ ...registry.current, clients: clients.filter((client) => client.clientId !== clientId) })
    }
  }
}
