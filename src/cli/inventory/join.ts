import type { InventoryEntry } from 'service-token-client'
import type { Registry } from 'service-token-client/authorization-server'
import { anyService, type Granted, grantsOf, type Service, servicesOf } from './grants.ts'
import type { Usage } from './read-inventory.ts'

/** What one client may do at one service, and what it did. */
export interface Edge {
  readonly client: string
  readonly service: string
  readonly granted: readonly string[]
  /** The scopes of the tokens that calls carried. */
  readonly used: string[]
  /** The scopes that are granted, but that no call carried. */
  unused: readonly string[]
  /** The scopes that were asked for, but are not granted. */
  ungranted: string[]
  /** Whether the registry allows any call of this client to this service. */
  readonly allowed: boolean
  readonly origins: string[]
  calls: number
  refused: number
  /** When the last call was made, in epoch ms. */
  lastUsed?: number
}

export interface Joined {
  readonly edges: readonly Edge[]
  /** Clients of the registry without an inventory. Nobody knows what they use. */
  readonly unseen: readonly string[]
  /** Clients of the inventories that are not in the registry. */
  readonly unknown: readonly string[]
}

/** Compares what clients did with what they may do. Several instances of a client are counted together. */
export function join(registry: Registry, inventories: readonly Usage[]): Joined {
  const known = registry.clients.map(({ clientId }) => clientId)
  const seen = new Set(inventories.map(({ clientId }) => clientId))
  const grants = grantsOf(registry)
  const services = servicesOf(registry)
  const edges = new Map<string, Edge>()

  function edge(client: string, service: string): Edge {
    const key = JSON.stringify([client, service])
    const grant = grants.find((one) => one.client === client && one.service === service)
    const found = edges.get(key) ?? newEdge(client, service, grant)
    edges.set(key, found)
    return found
  }

  for (const { client, service } of grants) if (seen.has(client)) edge(client, service)
  for (const { clientId, entries } of inventories)
    for (const entry of entries) {
      const own = grants.filter(({ client }) => client === clientId)
      add(edge(clientId, serviceOf(entry, own, services)), entry)
    }
  for (const one of edges.values()) one.unused = one.granted.filter((scope) => !one.used.includes(scope))
  return {
    edges: [...edges.values()],
    unseen: known.filter((client) => !seen.has(client)),
    unknown: [...seen].filter((client) => !known.includes(client))
  }
}

function newEdge(client: string, service: string, grant: Granted | undefined): Edge {
  return {
    client,
    service,
    granted: grant?.scope ?? [],
    allowed: grant !== undefined,
    used: [],
    unused: [],
    ungranted: [],
    origins: [],
    calls: 0,
    refused: 0
  }
}

function add(edge: Edge, { origin, scope, granted = scope, calls, refused = 0, lastUsed = 0 }: InventoryEntry): void {
  if (calls > 0) insert(edge.used, granted)
  // A grant can have been withdrawn since, so what calls carried counts as well as what is asked for now.
  const wanted = calls > 0 ? [...scope, ...granted] : scope
  insert(
    edge.ungranted,
    wanted.filter((one) => !edge.granted.includes(one))
  )
  if (origin !== undefined) insert(edge.origins, [origin])
  edge.calls += calls
  edge.refused += refused
  if (lastUsed > (edge.lastUsed ?? 0)) edge.lastUsed = lastUsed
}

function insert(list: string[], members: readonly string[]): void {
  for (const member of members) if (!list.includes(member)) list.push(member)
}

/** The service of a call, decided as the development server does: by the audience or resource, or else by the scope if only one service has it. */
function serviceOf(
  { audience, resource, scope, origin }: InventoryEntry,
  own: readonly Granted[],
  services: readonly Service[]
): string {
  const [target] = resource.length > 0 ? resource : [audience]
  if (own.some(({ service }) => service === anyService.name)) return anyService.name
  if (target !== undefined)
    return services.find(({ name, audience: aud }) => name === target || aud === target)?.name ?? target
  const whole = own.filter((grant) => scope.every((one) => grant.scope.includes(one)))
  const part = own.filter((grant) => scope.some((one) => grant.scope.includes(one)))
  const [only, another] = whole.length > 0 ? whole : part
  return only !== undefined && another === undefined ? only.service : (origin ?? 'an unnamed service')
}
