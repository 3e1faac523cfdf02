import type { ServerRegistry } from './live-registry.ts'
import type { ClientRegistration } from './registration.ts'

/** What an administrator does while the server runs. A client is bound by it from its next request on; tokens that are out stay as they are. */
export interface Clients {
  /** @throws ClientConfigurationError when it is unusable, or there already. */
  register(registration: ClientRegistration): void
  /** @throws ClientConfigurationError when the client would be unusable, or is not there. */
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
