import { type ProposedGrant, preview } from '../admin/preview.ts'
import { notFound } from '../admin/route.ts'
import { tryToken } from '../admin/try-token.ts'
import { overview } from '../overview/overview.ts'
import type { ServerParts } from '../overview/server-parts.ts'
import { keysDialog, rotateDialog, saveDialog, tryDialog, withdrawDialog } from './dialogs.ts'
import type { Html } from './html.ts'

/** The content of a dialog. @throws AdminError, ClientConfigurationError; the page shows their messages */
export async function fragment(path: string, query: URLSearchParams, parts: ServerParts): Promise<Html> {
  const clientId = query.get('c') ?? ''
  const service = query.get('s') ?? ''
  if (path === '/console/save') return save(parts, clientId, service, query)
  if (path === '/console/withdraw') return withdraw(parts, clientId, service)
  if (path === '/console/try') return tryDialog(clientId, service, await tryToken(parts, { clientId, service }))
  if (path === '/console/rotate') return rotateDialog(overview(parts))
  if (path === '/console/keys') return keysDialog()
  throw notFound('There is no such dialog.')
}

function save(parts: ServerParts, clientId: string, service: string, query: URLSearchParams): Html {
  const life = Math.round(Number(query.get('life')) * 1000)
  const client = parts.registry.model.clients.get(clientId)
  const accessTokenLifetime = life === (client?.accessTokenLifetime ?? parts.lifetime) ? undefined : life
  const grant = { scope: query.getAll('scope'), roles: query.getAll('roles') }
  const proposed: ProposedGrant = { clientId, service, grant, accessTokenLifetime }
  const call = `PUT /clients/${encodeURIComponent(clientId)}/grants/${encodeURIComponent(service)}`
  const body = { ...grant, ...(accessTokenLifetime !== undefined && { accessTokenLifetime }) }
  return saveDialog({ clientId, service, preview: preview(parts, proposed), call, body })
}

function withdraw(parts: ServerParts, clientId: string, service: string): Html {
  const shown = overview(parts)
  const edge = shown.edges.find((one) => one.clientId === clientId && one.service === service)
  if (edge === undefined) throw notFound('This grant has already been withdrawn.')
  return withdrawDialog(edge, shown)
}
