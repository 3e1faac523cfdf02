import type { IncomingMessage, ServerResponse } from 'node:http'
import { refusal } from '../admin/admin-api.ts'
import { AdminError } from '../admin/admin-error.ts'
import type { EventStreams } from '../admin/event-stream.ts'
import type { Gatekeeper } from '../admin/gatekeeper.ts'
import { atOnce } from '../faults/delivery.ts'
import type { Answer } from '../http/server-answer.ts'
import { overview } from '../overview/overview.ts'
import type { ServerParts } from '../overview/server-parts.ts'
import { formatJson } from '../registry/format-json.ts'
import { publicRegistry } from '../registry/public-registry.ts'
import { asset } from './assets.ts'
import { csv, mermaid } from './exports.ts'
import { fragment } from './fragments.ts'
import { graph } from './graph.ts'
import type { Html } from './html.ts'
import { line } from './live.ts'
import { filtered } from './matrix.ts'
import { loginPage, page } from './page.ts'
import { type PageState, readState } from './page-state.ts'

export interface ConsolePageOptions {
  readonly parts: ServerParts
  readonly gate: Gatekeeper
  readonly streams: EventStreams
  readonly needsSecret: boolean
}

/** The page for people. The server renders all HTML, and the page sends its changes to `/admin/api`. */
export function consolePage(options: ConsolePageOptions) {
  const { parts, gate, streams } = options

  async function answerTo(incoming: IncomingMessage, response: ServerResponse): Promise<Answer | undefined> {
    const { headers, method } = incoming
    const [path = '', search] = (incoming.url ?? '').split('?', 2)
    gate.checkPlace(headers)
    if (method !== 'GET' && method !== 'HEAD')
      throw new AdminError(405, 'method_not_allowed', 'The page can only be read. Use GET.', { allow: 'GET, HEAD' })
    const file = await asset(path.slice('/console/'.length))
    if (file !== undefined) return secured(file)
    if (path === '/' && !gate.hasSession(headers)) return markup(loginPage(), 401)
    gate.checkAdmin(headers)
    const query = new URLSearchParams(search)
    const state = readState(query)
    if (path === '/') return markup(wholePage(options, state))
    if (path === '/console/events') return void streams.open(response, (entry) => line(entry, state).text)
    return exported(path, parts, state) ?? markup(await fragment(path, query, parts))
  }

  return async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const answer = await answerTo(incoming, response).catch(refusal)
    if (answer !== undefined) await atOnce(answer, response, parts.clock)
  }
}

function wholePage({ parts, needsSecret }: ConsolePageOptions, state: PageState): Html {
  const { registry, journal } = parts
  const { clientId, service } = state.selected
  const about = (one: { readonly clientId?: string | undefined; readonly service?: string | undefined } | undefined) =>
    one !== undefined && one.clientId === clientId && one.service === service
  const changed = journal.latest.findLast(({ change }) => about(change))
  const refused = journal.latest.findLast(({ request }) =>
    about({ clientId: request?.clientId, service: request?.missing?.service })
  )
  return page({
    overview: overview(parts),
    state,
    history: { changedAt: changed?.at, lastRefusal: refused?.request?.reason },
    entries: journal.latest,
    undo: registry.undoable?.map(({ text }) => text).join(' '),
    canEdit: registry.current.services !== undefined,
    canSignOut: needsSecret
  })
}

function exported(path: string, parts: ServerParts, state: PageState): Answer | undefined {
  const left = () => filtered(overview(parts), state)
  if (path === '/console/overview.svg') return download('image/svg+xml', graph(left()).text, svgPolicy)
  if (path === '/console/overview.mmd') return download('text/vnd.mermaid; charset=utf-8', mermaid(left()))
  if (path === '/console/overview.csv') return download('text/csv; charset=utf-8', csv(left()))
  if (path === '/console/registry.json')
    return download('application/json', `${formatJson(publicRegistry(parts.registry.current))}\n`)
  return undefined
}

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'"
].join('; ')
const svgPolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"

function secured(answer: Answer, contentSecurityPolicy = policy): Answer {
  const headers = {
    'content-security-policy': contentSecurityPolicy,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin'
  }
  return { ...answer, headers: { ...headers, ...answer.headers } }
}

function markup(content: Html, status = 200): Answer {
  const headers = { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' }
  return secured({ status, headers, body: content.text })
}

function download(type: string, body: string, contentSecurityPolicy?: string): Answer {
  return secured(
    { status: 200, headers: { 'content-type': type, 'cache-control': 'no-store' }, body },
    contentSecurityPolicy
  )
}
