import type { JWTPayload } from 'jose'
import { type KeptCredentials, keptCredentials } from './credentials.ts'
import type { ClientRegistration, DpopRule, NonceRule, Registry } from './registration.ts'

/** A service that tokens can be for. */
export interface Service {
  readonly name: string
  /** The `aud` of its tokens. Undefined in the short form without audiences, where each request names it. */
  readonly audience: string | undefined
  /** The scopes, each with a sentence about it. */
  readonly scopes: ReadonlyMap<string, string>
  readonly roles: ReadonlyMap<string, string>
}

/** What one client may do at one service. */
export interface Grant {
  readonly service: Service
  readonly scope: readonly string[]
  readonly roles: readonly string[]
}

/** A client in the form that the server uses. */
export interface RegisteredClient {
  readonly clientId: string
  readonly credentials: KeptCredentials
  readonly grants: readonly Grant[]
  readonly authorities: readonly string[]
  readonly claims: JWTPayload
  readonly accessTokenLifetime: number | undefined
  readonly dpop: DpopRule
  /** Undefined if the rule of the server applies. */
  readonly dpopNonces: NonceRule | undefined
  readonly enabled: boolean
}

/** A checked registry, with its clients and services by name. */
export interface RegistryModel {
  readonly services: ReadonlyMap<string, Service>
  readonly clients: ReadonlyMap<string, RegisteredClient>
  /** The scopes of all services, sorted. */
  readonly scopes: readonly string[]
}

/** The name of the service of clients in the short form without audiences. */
export const anyAudience = 'any audience'

/** Creates the model of a registry that has no problems. */
export function registryModel({ services: declared, clients: registrations }: Registry): RegistryModel {
  const services = declared === undefined ? impliedServices(registrations) : declaredServices(declared)
  const clients = registrations.map((client) => {
    const grants = declared === undefined ? impliedGrants(client, services) : declaredGrants(client, services)
    return registeredClient(client, grants)
  })
  return {
    services,
    clients: new Map(clients.map((client) => [client.clientId, client])),
    scopes: [...new Set([...services.values()].flatMap(({ scopes }) => [...scopes.keys()]))].sort()
  }
}

function declaredServices(declared: NonNullable<Registry['services']>): ReadonlyMap<string, Service> {
  const all = Object.entries(declared).map(([name, { audience, scopes = {}, roles = {} }]) => {
    return { name, audience, scopes: new Map(Object.entries(scopes)), roles: new Map(Object.entries(roles)) }
  })
  return new Map(all.map((service) => [service.name, service]))
}

function declaredGrants({ may = {} }: ClientRegistration, services: ReadonlyMap<string, Service>): readonly Grant[] {
  return Object.entries(may).flatMap(([name, { scope = [], roles = [] }]) => {
    const service = services.get(name)
    return service === undefined ? [] : [{ service, scope, roles }]
  })
}

/** In the short form, each audience of a client is a service, which declares what its clients have. */
function impliedServices(clients: readonly ClientRegistration[]): ReadonlyMap<string, Service> {
  const named = new Map<string, ClientRegistration[]>()
  for (const client of clients)
    for (const audience of client.audience ?? [anyAudience])
      named.set(audience, [...(named.get(audience) ?? []), client])
  const all = [...named].map(([name, holders]) => ({
    name,
    audience: name === anyAudience ? undefined : name,
    scopes: undescribed(holders.flatMap(({ scope = [] }) => scope)),
    roles: undescribed(holders.flatMap(({ roles = [] }) => roles))
  }))
  return new Map(all.map((service) => [service.name, service]))
}

function impliedGrants(client: ClientRegistration, services: ReadonlyMap<string, Service>): readonly Grant[] {
  const { scope = [], roles = [], audience = [anyAudience] } = client
  return audience.flatMap((name) => {
    const service = services.get(name)
    return service === undefined ? [] : [{ service, scope, roles }]
  })
}

function undescribed(names: readonly string[]): ReadonlyMap<string, string> {
  return new Map(names.map((name) => [name, '']))
}

function registeredClient(registration: ClientRegistration, grants: readonly Grant[]): RegisteredClient {
  const { clientId, authorities = [], claims = {}, accessTokenLifetime, enabled = true } = registration
  const { dpop = 'optional', dpopNonces } = registration
  const credentials = keptCredentials(registration)
  return { clientId, credentials, grants, authorities, claims, accessTokenLifetime, dpop, dpopNonces, enabled }
}
