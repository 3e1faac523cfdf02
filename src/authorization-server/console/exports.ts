import { mermaidText } from '../../mermaid-text.ts'
import type { EdgeView } from '../overview/overview.ts'
import type { Filtered } from './matrix.ts'

/** The overview as CSV. */
export function csv({ edges }: Filtered): string {
  const head = ['client', 'service', 'scope', 'roles', 'state', 'tokens', 'last token', 'tokens out', 'last ends']
  const rows = [...edges.values()].map((edge) => [
    edge.clientId,
    edge.service,
    namesOf(edge.scope),
    namesOf(edge.roles),
    edge.state,
    String(edge.tokens),
    moment(edge.lastTokenAt),
    String(edge.tokensOut),
    moment(edge.lastEndsAt)
  ])
  return [head, ...rows].map((row) => `${row.map(quoted).join(',')}\r\n`).join('')
}

function namesOf(rights: EdgeView['scope']): string {
  return rights
    .filter(({ granted }) => granted)
    .map(({ name }) => name)
    .join(' ')
}

function moment(at: number | undefined): string {
  return at === undefined ? '' : new Date(at).toISOString()
}

/** A spreadsheet runs text that begins like this as a formula. */
const formula = /^[=+\-@\t\r]/

function quoted(text: string): string {
  return `"${(formula.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`
}

/** The overview as a Mermaid flowchart. A dashed arrow was never used, and an arrow with a cross was withdrawn. */
export function mermaid({ clients, services, edges }: Filtered): string {
  const names = [...new Set([...clients.map(({ clientId }) => clientId), ...services.map(({ name }) => name)])]
  const ids = new Map(names.map((name, index) => [name, `n${index}`]))
  const nodes = names.map((name) => `  ${ids.get(name)}["${mermaidText(name)}"]`)
  const arrows = [...edges.values()].map((edge) => {
    const label = mermaidText(edge.scope.map(({ name }) => name).join(' ') || 'no scope')
    return `  ${ids.get(edge.clientId)} ${heads[edge.state]}|"${label}"| ${ids.get(edge.service)}`
  })
  return `${['flowchart LR', ...nodes, ...arrows].join('\n')}\n`
}

const heads: Readonly<Record<EdgeView['state'], string>> = {
  used: '-->',
  unused: '-.->',
  expiring: '--x',
  withdrawn: '--x'
}
