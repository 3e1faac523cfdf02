import type { ErrorCode } from '../errors.ts'
import type { RequestFields } from '../events.ts'
import { mermaidText } from '../mermaid-text.ts'
import { joinScope } from '../token/scope.ts'
import type { Usage } from './usage.ts'
import type { UsageBook } from './usage-book.ts'

/** One kind of call: where it goes and what its token is asked for. */
export interface InventoryEntry extends RequestFields {
  /** A rule of a policy, or `getToken()` by hand: then only the caller knows where the token goes, and `origin` is missing. */
  readonly by: 'policy' | 'getToken'
  readonly origin?: string
  /** The path prefix of the rule. */
  readonly path?: string
  /** The scope of the last token; missing until one has come. */
  readonly granted?: readonly string[]
  /** Why the last token request failed; missing when it did not. */
  readonly code?: ErrorCode
  /** Requests that carried a token, second attempts after a 401 among them; for `getToken`, how often it was asked. */
  readonly calls: number
  /** Answers that refused the token, with 401 or 403 or as `rejectedWhen` says; missing for `getToken`, whose answers nobody sees. */
  readonly refused?: number
  /** Epoch ms at which the last of these calls asked for its token. */
  readonly lastUsed?: number
}

/** Who calls what with which scope, as one client has seen it. It serialises to JSON, and `String()` draws it as a Mermaid flowchart. */
export interface Inventory {
  readonly clientId: string
  /** Host and port of the authorization server. */
  readonly server: string
  /** Epoch ms: calls are counted from then on. */
  readonly since: number
  /** A thousand kinds of calls are listed; this counts the calls of all others. */
  readonly unlisted: number
  readonly entries: readonly InventoryEntry[]
  toString(): string
}

export function inventoryOf(
  { clientId, server, since }: Pick<Inventory, 'clientId' | 'server' | 'since'>,
  book: UsageBook
): Inventory {
  const entries = Array.from(book.usages(), entryOf)
  const inventory = { clientId, server, since, unlisted: book.unlisted.calls, entries }
  return Object.defineProperty(inventory, 'toString', { value: () => mermaid(inventory) })
}

function entryOf({ rule, request, grant, calls, refused, lastUsed }: Usage): InventoryEntry {
  const { scope, audience, resource } = request
  return {
    by: rule === undefined ? 'getToken' : 'policy',
    ...(rule && { origin: rule.origin, ...(rule.path !== undefined && { path: rule.path }) }),
    ...(audience !== undefined && { audience }),
    resource,
    scope,
    ...(grant.granted && { granted: grant.granted }),
    ...(grant.code && { code: grant.code }),
    calls,
    ...(rule && { refused }),
    ...(calls > 0 && { lastUsed })
  }
}

/** Dashed is never used. */
function mermaid({ clientId, entries }: Pick<Inventory, 'clientId' | 'entries'>): string {
  const targets = [...new Set(entries.map(targetOf))]
  const nodes = targets.map((target, index) => `  t${index}["${mermaidText(target)}"]`)
  const arrows = entries.map((entry) => {
    const { scope, granted = scope, calls, refused = 0, code } = entry
    const said = [
      joinScope(granted) || 'no scope',
      `${calls} ${calls === 1 ? 'call' : 'calls'}`,
      refused && `${refused} refused`,
      code
    ]
    const label = said.filter(Boolean).join(', ')
    return `  client ${calls > 0 ? '-->' : '-.->'}|"${mermaidText(label)}"| t${targets.indexOf(targetOf(entry))}`
  })
  return ['flowchart LR', `  client["${mermaidText(clientId)}"]`, ...nodes, ...arrows, ''].join('\n')
}

function targetOf({ origin, path = '', audience }: InventoryEntry): string {
  if (origin !== undefined) return `${origin}${path}`
  return audience === undefined ? 'getToken()' : `getToken() for ${audience}`
}
