import { mermaidText } from '../../mermaid-text.ts'
import { wrapped } from '../layout.ts'
import { moment, printable } from '../printed-words.ts'
import type { InventoryFinding } from './findings.ts'
import type { Edge, Joined } from './join.ts'

const width = 100

export function inventoryLines({ edges, unseen }: Joined, findings: readonly InventoryFinding[], now: number): string {
  const names = edges.map(({ client, service }) => printable(`${client} → ${service}`))
  const longest = Math.max(0, ...names.map((name) => name.length))
  const lines = edges.map((edge, index) => `  ${(names[index] ?? '').padEnd(longest)}  ${printable(done(edge, now))}`)
  const count = findings.length === 1 ? '1 finding.' : `${findings.length} findings.`
  return [
    ...lines,
    ...findings.map(({ kind, message }) => `\n${wrapped(printable(`${kind}: ${message}`), width)}`),
    ...(unseen.length === 0
      ? []
      : ['', wrapped(`There is no inventory of these clients: ${printable(unseen.join(', '))}.`, width)]),
    '',
    findings.length === 0 ? 'Nothing found.' : count
  ].join('\n')
}

function done({ used, calls, refused, lastUsed = 0 }: Edge, now: number): string {
  if (calls === 0) return 'never called'
  const parts = [used.join(' ') || 'no scope', `${calls} calls`, refused > 0 && `${refused} refused`]
  return [...parts, lastUsed > 0 && `last ${moment(lastUsed, now)}`].filter(Boolean).join(', ')
}

/** A Mermaid flowchart. A dashed arrow was never used, and an arrow with a cross has no grant. */
export function inventoryChart({ edges }: Joined): string {
  const names = [...new Set(edges.flatMap(({ client, service }) => [client, service]))]
  const nodes = names.map((name, index) => `  n${index}["${mermaidText(name)}"]`)
  const arrows = edges.map((edge) => {
    const { client, service, calls, allowed, ungranted, used, granted } = edge
    const head = !allowed || ungranted.length > 0 ? '--x' : calls > 0 ? '-->' : '-.->'
    const scope = (calls > 0 ? used : [...granted, ...ungranted]).join(' ') || 'no scope'
    const label = mermaidText(`${scope}, ${calls === 1 ? '1 call' : `${calls} calls`}`)
    return `  n${names.indexOf(client)} ${head}|"${label}"| n${names.indexOf(service)}`
  })
  return ['flowchart LR', ...nodes, ...arrows].join('\n')
}
