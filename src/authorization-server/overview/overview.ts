import type { ActiveFault } from '../faults/switched-faults.ts'
import { edgeKey } from '../registry/changes.ts'
import type { RegisteredClient, Service } from '../registry/model.ts'
import type { Withdrawal } from '../registry/withdrawals.ts'
import type { TokenOut } from '../tokens/issued-tokens.ts'
import type { EdgeUsage } from './edge-usage.ts'
import type { ServerParts } from './server-parts.ts'
import { lastEnd, tokensOut } from './tokens-out.ts'

/** Who may call whom, and who did. All times are in epoch ms. It contains no token and no secret. */
export interface Overview {
  readonly issuer: string
  readonly now: number
  readonly services: readonly ServiceView[]
  readonly clients: readonly ClientView[]
  readonly edges: readonly EdgeView[]
  readonly key: { readonly kid: string | undefined; readonly algorithm: string; readonly createdAt: number }
  readonly faults: readonly ActiveFault[]
  /** How many milliseconds the server's clock is wrong, because of the fault `clockOffset`. */
  readonly clockOffset: number
}

export interface ServiceView {
  readonly name: string
  readonly audience: string | undefined
  readonly scopes: readonly Described[]
  readonly roles: readonly Described[]
}

export interface Described {
  readonly name: string
  readonly about: string
}

export interface ClientView {
  readonly clientId: string
  /** `false` if the client is disabled or no longer registered, so that it gets no tokens. */
  readonly enabled: boolean
  readonly registered: boolean
  /** The lifetime of its tokens in milliseconds. */
  readonly accessTokenLifetime: number
}

/** `expiring` means that the grant is withdrawn, but some tokens are still valid. `withdrawn` means that none is valid any more. */
export type EdgeState = 'used' | 'unused' | 'expiring' | 'withdrawn'

/** What one client may do at one service, or could do until the grant was withdrawn. */
export interface EdgeView {
  readonly clientId: string
  readonly service: string
  readonly state: EdgeState
  readonly scope: readonly RightView[]
  readonly roles: readonly RightView[]
  readonly withdrawnAt: number | undefined
  /** How many tokens the client got since the start. */
  readonly tokens: number
  readonly lastTokenAt: number | undefined
  readonly refusals: number
  readonly lastRefusalAt: number | undefined
  /** How many tokens are still valid at services that verify tokens themselves. */
  readonly tokensOut: number
  /** How many of these are active at introspection. */
  readonly activeTokens: number
  /** When the last of them expires. */
  readonly lastEndsAt: number | undefined
}

export interface RightView {
  readonly name: string
  readonly granted: boolean
  readonly lastUsedAt: number | undefined
  readonly withdrawnAt: number | undefined
}

export function overview(parts: ServerParts): Overview {
  const { issuer, registry, keys, faults, now, clockOffset } = parts
  const { services, clients } = registry.model
  const { kid, algorithm, createdAt } = keys.current()
  return {
    issuer,
    now: now(),
    services: [...services.values()].map(serviceView),
    clients: [...clients.values()].map((client) => clientView(client, parts.lifetime)).concat(goneClients(parts)),
    edges: edgeViews(parts),
    key: { kid, algorithm, createdAt },
    faults: faults.active,
    clockOffset: clockOffset()
  }
}

function serviceView({ name, audience, scopes, roles }: Service): ServiceView {
  return { name, audience, scopes: described(scopes), roles: described(roles) }
}

function described(names: ReadonlyMap<string, string>): readonly Described[] {
  return [...names].map(([name, about]) => ({ name, about }))
}

function clientView({ clientId, enabled, accessTokenLifetime }: RegisteredClient, lifetime: number): ClientView {
  return { clientId, enabled, registered: true, accessTokenLifetime: accessTokenLifetime ?? lifetime }
}

/** Removed clients that are still shown, because their withdrawn grants are. */
function goneClients({ registry, lifetime }: ServerParts): ClientView[] {
  const gone = registry.withdrawals.all().filter(({ clientId }) => !registry.model.clients.has(clientId))
  return [...new Set(gone.map(({ clientId }) => clientId))].map((clientId) => {
    return { clientId, enabled: false, registered: false, accessTokenLifetime: lifetime }
  })
}

function edgeViews(parts: ServerParts): readonly EdgeView[] {
  const { registry, usage } = parts
  const byEdge = new Map<string, TokenOut[]>()
  for (const token of tokensOut(parts)) {
    const key = edgeKey(token.clientId, token.service)
    const held = byEdge.get(key)
    if (held === undefined) byEdge.set(key, [token])
    else held.push(token)
  }
  return edges(registry).map((edge) => {
    const { clientId, service } = edge
    return edgeView(edge, usage.find(clientId, service), byEdge.get(edgeKey(clientId, service)) ?? [])
  })
}

interface Edge {
  readonly clientId: string
  readonly service: string
  readonly granted: { readonly scope: readonly string[]; readonly roles: readonly string[] } | undefined
  readonly withdrawal: Withdrawal | undefined
}

/** Every client and service with a grant, current or withdrawn. */
function edges({ model, withdrawals }: ServerParts['registry']): readonly Edge[] {
  const granted = [...model.clients.values()].flatMap(({ clientId, grants }) =>
    grants.map((grant) => {
      const service = grant.service.name
      return { clientId, service, granted: grant, withdrawal: withdrawals.find(clientId, service) }
    })
  )
  const known = new Set(granted.map(({ clientId, service }) => edgeKey(clientId, service)))
  const gone = withdrawals.all().filter(({ clientId, service }) => !known.has(edgeKey(clientId, service)))
  return [
    ...granted,
    ...gone.map((one) => ({ clientId: one.clientId, service: one.service, granted: undefined, withdrawal: one }))
  ]
}

function edgeView(
  { clientId, service, granted, withdrawal }: Edge,
  used: EdgeUsage | undefined,
  out: readonly TokenOut[]
): EdgeView {
  const rights = (field: 'scope' | 'roles') =>
    [...new Set([...(granted?.[field] ?? []), ...(withdrawal?.[field].keys() ?? [])])].map((name) => ({
      name,
      granted: granted?.[field].includes(name) ?? false,
      lastUsedAt: field === 'scope' ? used?.scope.get(name) : used?.lastTokenAt,
      withdrawnAt: withdrawal?.[field].get(name)
    }))
  return {
    clientId,
    service,
    state: stateOf(granted !== undefined, used?.lastTokenAt, out.length),
    scope: rights('scope'),
    roles: rights('roles'),
    withdrawnAt: granted === undefined ? withdrawal?.at : undefined,
    tokens: used?.tokens ?? 0,
    lastTokenAt: used?.lastTokenAt,
    refusals: used?.refusals ?? 0,
    lastRefusalAt: used?.lastRefusalAt,
    tokensOut: out.length,
    activeTokens: out.filter(({ revoked }) => !revoked).length,
    lastEndsAt: lastEnd(out)
  }
}

function stateOf(isGranted: boolean, lastTokenAt: number | undefined, tokensOut: number): EdgeState {
  if (isGranted) return lastTokenAt === undefined ? 'unused' : 'used'
  return tokensOut > 0 ? 'expiring' : 'withdrawn'
}
