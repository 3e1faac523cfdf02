import type { ErrorCode } from '../errors.ts'
import type { RequestFields } from '../events.ts'
import { mermaidText } from '../mermaid-text.ts'
import { joinScope } from '../token/scope.ts'
import type { Usage } from './usage.ts'
import type { UsageBook } from './usage-book.ts'

/** One kind of call: where it goes, and what its token request asks for. */
export interface InventoryEntry extends RequestFields {
  /** `policy` for a rule of a policy. `getToken` if your code asked for the token: only that code knows where the token goes, so `origin` is missing. */
  readonly by: 'policy' | 'getToken'
  readonly origin?: string
  /** The path prefix of the rule. */
  readonly path?: string
  /** The scope of the last token. It is missing until the first token arrives. */
  readonly granted?: readonly string[]
  /** Why the last token request failed. It is missing if the request succeeded. */
  readonly code?: ErrorCode
  /** The number of requests that carried a token, including second attempts after a 401. For `getToken`, the number of calls of it. */
  readonly calls: number
  /** The number of answers that refused the token: 401, 403, or what `rejectedWhen` says. It is missing for `getToken`, because the client does not see those answers. */
  readonly refused?: number
  /** Epoch ms at which the last of these calls asked for its token. */
  readonly lastUsed?: number
}

/** Which services one client has called with which scope. It can be serialised as JSON, and `String()` returns a Mermaid flowchart. */
export interface Inventory {
  readonly clientId: string
  /** Host and port of the authorization server. */
  readonly server: string
  /** Epoch ms. Calls are counted from this moment on. */
  readonly since: number
  /** The list contains at most a thousand kinds of calls. This is the number of all other calls. */
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

/** A dashed arrow was never used. */
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
