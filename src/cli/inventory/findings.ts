import type { Edge, Joined } from './join.ts'

export interface InventoryFinding {
  readonly kind: 'unused-grant' | 'call-without-grant' | 'unknown-client'
  readonly client: string
  readonly service?: string
  readonly scope?: readonly string[]
  /** What was found, and what to do about it. */
  readonly message: string
}

export function findingsIn({ edges, unknown }: Joined): readonly InventoryFinding[] {
  const strangers = unknown.map((client) => ({
    kind: 'unknown-client' as const,
    client,
    message: `The client ${client} is not in the registry. Add it, or find out whose credentials these are.`
  }))
  const known = edges.filter(({ client }) => !unknown.includes(client))
  return [...strangers, ...known.flatMap(unused), ...known.flatMap(ungranted)]
}

function unused({ client, service, allowed, granted, unused: scope, calls }: Edge): readonly InventoryFinding[] {
  if (!allowed || (calls > 0 && scope.length === 0)) return []
  const right = granted.length === 0 ? '' : ` with ${(calls > 0 ? scope : granted).join(' ')}`
  const message = `${client} may call ${service}${right}, but has not done so. Withdraw this grant if nothing needs it.`
  return [{ kind: 'unused-grant', client, service, scope, message }]
}

function ungranted({ client, service, allowed, ungranted: scope, calls }: Edge): readonly InventoryFinding[] {
  if (allowed && scope.length === 0) return []
  const right = scope.length === 0 ? '' : ` for ${scope.join(' ')}`
  const done = calls > 0 ? `calls ${service}${right}` : `would call ${service}${right}`
  const message = `${client} ${done} without a grant. Add the grant, or remove the call from the client.`
  return [{ kind: 'call-without-grant', client, service, scope, message }]
}
