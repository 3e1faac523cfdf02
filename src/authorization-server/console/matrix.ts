import type { ClientView, EdgeView, Overview, ServiceView } from '../overview/overview.ts'
import { type Html, html, type Part } from './html.ts'
import { mark, marks, stateOfRight } from './marks.ts'
import { type PageState, selecting, urlOf } from './page-state.ts'

/** The most rows and columns that are shown at once, so that the page stays small with many clients and services. */
const mostRows = 100
const mostColumns = 24
const mostScopes = 4

/** The part of the overview that matches the filters. */
export interface Filtered {
  readonly services: readonly ServiceView[]
  readonly clients: readonly ClientView[]
  readonly edges: ReadonlyMap<string, EdgeView>
}

export function filtered({ services, clients, edges }: Overview, { service, client }: PageState): Filtered {
  const wanted = client?.toLowerCase()
  const named = clients.filter(({ clientId }) => wanted === undefined || clientId.toLowerCase().includes(wanted))
  const ids = new Set(named.map(({ clientId }) => clientId))
  const left = edges.filter((edge) => ids.has(edge.clientId) && (service === undefined || edge.service === service))
  const reached = new Set(left.map((edge) => edge.service))
  const callers = new Set(left.map(({ clientId }) => clientId))
  return {
    services: services.filter(({ name }) =>
      service === undefined ? wanted === undefined || reached.has(name) : name === service
    ),
    clients: named.filter(({ clientId }) => service === undefined || callers.has(clientId)),
    edges: new Map(left.map((edge) => [edgeId(edge.clientId, edge.service), edge]))
  }
}

function edgeId(clientId: string, service: string): string {
  return `${clientId}\n${service}`
}

/** A row for each client and a column for each service. A cell shows what the client may do at the service. */
export function matrix(left: Filtered, state: PageState): Html {
  const columns = left.services.slice(state.column, state.column + mostColumns)
  const rows = left.clients.slice(state.row, state.row + mostRows)
  if (rows.length === 0) return html`<p class="quiet">No client matches the filter.</p>`
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Who may call whom, as a table"><table class="matrix${state.compact && ' compact'}" role="table">
<caption class="hidden">Each row is a client, and each column is a service. A cell shows what the client may do at the service.</caption>
<thead role="rowgroup"><tr role="row"><th scope="col" role="columnheader" class="corner">client ↓ service →</th>${columns.map((service) => serviceHead(service, state))}</tr></thead>
<tbody role="rowgroup">${rows.map((client) => row(client, columns, left, state))}</tbody>
</table></div>
${pages('clients', left.clients.length, state.row, mostRows, (row) => urlOf({ ...state, row }))}
${pages('services', left.services.length, state.column, mostColumns, (column) => urlOf({ ...state, column }))}
<p class="legend">${Object.entries(marks).map(([name, { sign, word }]) => html`<span><span class="mark ${name}" aria-hidden="true">${sign}</span> ${word}</span> `)}<span>· not allowed</span></p>`
}

function serviceHead({ name }: ServiceView, state: PageState): Html {
  const { selected } = state
  const isSelected = selected.service === name && selected.clientId === undefined
  return html`<th scope="col" role="columnheader"><a href="${selecting(state, { service: name })}"${current(isSelected)}>${name}</a></th>`
}

function row(client: ClientView, columns: readonly ServiceView[], left: Filtered, state: PageState): Html {
  const { clientId, enabled, registered } = client
  const isSelected = state.selected.clientId === clientId && state.selected.service === undefined
  const note = registered ? !enabled && 'disabled' : 'removed'
  return html`<tr id="row-${encodeURIComponent(clientId)}" role="row"><th scope="row" role="rowheader"><a href="${selecting(state, { clientId })}"${current(isSelected)}>${clientId}</a>${note && html` <small>${note}</small>`}</th>${columns.map(
    ({ name }) => cell(client, name, left.edges.get(edgeId(clientId, name)), state)
  )}</tr>
`
}

function cell({ clientId }: ClientView, service: string, edge: EdgeView | undefined, state: PageState): Html {
  const { selected } = state
  const isSelected = selected.clientId === clientId && selected.service === service
  const href = selecting(state, { clientId, service })
  const content =
    edge === undefined
      ? html`<span aria-hidden="true">·</span><span class="hidden">not allowed</span>`
      : cellWords(edge, state.compact)
  const kind = edge === undefined ? 'none' : edge.state
  return html`<td role="cell" class="${kind}"><a href="${href}"${current(isSelected)}><span class="where">${service} </span>${content}</a></td>`
}

function cellWords(edge: EdgeView, compact: boolean): Part {
  const { scope, roles, state } = edge
  const all = [
    ...scope.map((right) => html`<span class="right">${right.name} ${mark(stateOfRight(right, state))}</span> `),
    ...roles.map(
      (right) => html`<span class="right role">role ${right.name} ${mark(stateOfRight(right, state))}</span> `
    )
  ]
  if (all.length === 0) return html`<span class="right">no scope ${mark(state)}</span>`
  if (compact) return html`<span class="right">${all.length} ${mark(state)}</span>`
  const more = all.length - mostScopes
  return more > 0 ? [...all.slice(0, mostScopes), html`<span class="right">+${more}</span>`] : all
}

function current(isSelected: boolean): Html | undefined {
  return isSelected ? html` aria-current="true"` : undefined
}

function pages(
  what: string,
  count: number,
  from: number,
  most: number,
  href: (from: number) => string
): Html | undefined {
  if (count <= most) return undefined
  const last = Math.min(from + most, count)
  const before = from > 0 && html`<a href="${href(Math.max(0, from - most))}">← previous</a> `
  const after = last < count && html` <a href="${href(last)}">next →</a>`
  return html`<nav class="pages" aria-label="${what}">${before}${what} ${from + 1} to ${last} of ${count}${after}</nav>`
}
