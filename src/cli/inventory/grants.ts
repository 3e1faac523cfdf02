import type { ClientRegistration, Registry } from 'service-token-client/authorization-server'

/** What one client may do at one service. */
export interface Granted {
  readonly client: string
  readonly service: string
  readonly scope: readonly string[]
}

/** A service as requests name it. */
export interface Service {
  readonly name: string
  /** Undefined in the short form of a registry, where every audience means this one service. */
  readonly audience: string | undefined
}

export const anyService: Service = { name: 'any service', audience: undefined }

export function servicesOf({ services, clients }: Registry): readonly Service[] {
  if (services !== undefined) return Object.entries(services).map(([name, { audience }]) => ({ name, audience }))
  const names = new Set(clients.flatMap(({ audience = [] }) => audience))
  const named = Array.from(names, (name) => ({ name, audience: name }))
  return clients.some(({ audience }) => audience === undefined) ? [...named, anyService] : named
}

/** The grants of all clients. A disabled client has none. */
export function grantsOf({ services, clients }: Registry): readonly Granted[] {
  const enabled = clients.filter((client) => client.enabled !== false)
  return enabled.flatMap((client) => (services === undefined ? shortForm(client) : written(client)))
}

function written({ clientId, may = {} }: ClientRegistration): readonly Granted[] {
  return Object.entries(may).map(([service, { scope = [] }]) => ({ client: clientId, service, scope }))
}

function shortForm({ clientId, scope = [], audience = [anyService.name] }: ClientRegistration): readonly Granted[] {
  return audience.map((service) => ({ client: clientId, service, scope }))
}
