import type { EdgeView } from '../overview/overview.ts'
import { type Layout, layout } from './graph-layout.ts'
import { type Html, html } from './html.ts'
import { marks, plural } from './marks.ts'
import type { Filtered } from './matrix.ts'

/** With more names than this, the picture would not be readable. */
const mostNames = 60

export interface GraphLinks {
  edge(edge: EdgeView): string
  name(name: string): string
  isSelected(edge: EdgeView): boolean
}

const boxHeight = 36
const passHeight = 8
const rowGap = 36
const layerGap = 150
const margin = 16

interface Box {
  readonly name: string
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** Draws the overview as boxes and arrows. Without links it is a picture for a document, with its own colours. */
export function graph({ services, clients, edges }: Filtered, links?: GraphLinks): Html {
  const all = [...edges.values()]
  const names = [...new Set([...clients.map(({ clientId }) => clientId), ...services.map(({ name }) => name)])]
  if (names.length > mostNames)
    return html`<p class="quiet">The graph can show ${mostNames} names, but there are ${names.length}. Filter by service or client first.</p>`
  const arrows = all.map(({ clientId, service }) => ({ from: clientId, to: service }))
  const placed = layout(names, arrows)
  const boxes = placeBoxes(placed, new Set(names))
  const drawn = names.flatMap((name) => boxes.get(name) ?? [])
  const width = Math.max(...drawn.map((box) => box.x + box.width), 200) + margin
  const height =
    Math.max(...[...boxes.values()].map((box) => box.y + box.height), 60) + margin + (hasWayBack(all, boxes) ? 56 : 8)
  const most = Math.max(...all.map(({ tokens }) => tokens), 1)
  const drawing = { boxes, most, links, passes: placed.passes }
  return html`<svg xmlns="http://www.w3.org/2000/svg" class="graph" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="${links === undefined ? 'img' : 'group'}" aria-label="Who may call whom, as a graph">${links === undefined && ownColours}
${heads}
${all.map((edge) => arrow(edge, drawing))}
${drawn.map((box) => boxAsSvg(box, links))}
</svg>`
}

const heads = html`<defs>${['used', 'unused', 'expiring', 'withdrawn'].map(
  (state) =>
    html`<marker id="head-${state}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto"><path class="head ${state}" d="M0 0 8 4 0 8z"/></marker>`
)}</defs>`

/** Puts the layers side by side and centres each of them vertically. */
function placeBoxes({ columns }: Layout, names: ReadonlySet<string>): ReadonlyMap<string, Box> {
  const heightOf = (name: string) => (names.has(name) ? boxHeight : passHeight)
  const heights = columns.map((column) => column.reduce((sum, name) => sum + heightOf(name) + rowGap, -rowGap))
  const tallest = Math.max(...heights)
  const boxes = new Map<string, Box>()
  let x = margin
  for (const [layer, column] of columns.entries()) {
    const width = Math.max(...column.map((name) => (names.has(name) ? widthOf(name) : 0)))
    let y = margin + 20 + (tallest - (heights[layer] ?? 0)) / 2
    for (const name of column) {
      boxes.set(name, { name, x, y, width, height: heightOf(name) })
      y += heightOf(name) + rowGap
    }
    x += width + layerGap
  }
  return boxes
}

function widthOf(name: string): number {
  return Math.min(name.length, 28) * 8 + 28
}

function hasWayBack(edges: readonly EdgeView[], boxes: ReadonlyMap<string, Box>): boolean {
  return edges.some(({ clientId, service }) => (boxes.get(clientId)?.x ?? 0) >= (boxes.get(service)?.x ?? 0))
}

interface Drawing {
  readonly boxes: ReadonlyMap<string, Box>
  readonly most: number
  readonly links: GraphLinks | undefined
  readonly passes: Layout['passes']
}

function arrow(edge: EdgeView, { boxes, most, links, passes }: Drawing): Html {
  const { clientId, service, state, tokens } = edge
  const way = [clientId, ...passes({ from: clientId, to: service }), service].flatMap((name) => boxes.get(name) ?? [])
  const { path, x, y } = curve(way)
  const { word } = marks[state]
  const scopes = edge.scope.map(({ name }) => name).join(' ') || 'no scope'
  const thick = state === 'used' ? 1.5 + (3.5 * tokens) / most : 1.5
  const title = `${clientId} may call ${service}: ${scopes} (${word}, ${plural(tokens, 'token')})`
  const short = scopes.length > 24 ? `${scopes.slice(0, 23)}…` : scopes
  const isGone = state === 'withdrawn' || state === 'expiring'
  const drawn = html`<title>${title}</title><path class="hit" d="${path}"/><path class="line ${state}" d="${path}" stroke-width="${thick.toFixed(1)}" marker-end="url(#head-${state})"/>${isGone && html`<path class="cross" d="M${x - 6} ${y - 6}l12 12m0-12l-12 12"/>`}<text class="label" x="${x}" y="${y - 9}">${short}</text>`
  if (links === undefined) return html`<g>${drawn}</g>`
  return html`<a href="${links.edge(edge)}" aria-label="${title}"${links.isSelected(edge) ? html` aria-current="true"` : undefined}>${drawn}</a>`
}

interface Point {
  readonly x: number
  readonly y: number
}

/** A curve from the right side of the first box to the left side of the last one. To an earlier layer it goes around below the boxes. `x` and `y` are the place of its label. */
function curve(way: readonly Box[]): Point & { readonly path: string } {
  const middle = ({ y, height }: Box) => y + height / 2
  const points = way.flatMap((box, index) => [
    ...(index > 0 ? [{ x: box.x, y: middle(box) }] : []),
    ...(index < way.length - 1 ? [{ x: box.x + box.width, y: middle(box) }] : [])
  ])
  const [from = { x: 0, y: 0 }, to = from] = points
  if (to.x <= from.x) return wayBack(from, to, Math.max(...way.map((box) => box.y + box.height)))
  const pieces = points.slice(1).map((point, index) => {
    const before = points[index] ?? point
    const bend = (point.x - before.x) / 2
    return `C${before.x + bend} ${before.y} ${point.x - bend} ${point.y} ${point.x} ${point.y}`
  })
  const bend = (to.x - from.x) / 2
  return {
    path: `M${from.x} ${from.y}${pieces.join('')}`,
    ...pointOf(0.5, [from.x, from.x + bend, to.x - bend, to.x], [from.y, from.y, to.y, to.y])
  }
}

function wayBack(from: Point, to: Point, lowest: number): Point & { readonly path: string } {
  const [right, left, below] = [from.x + 48, to.x - 48, lowest + 64]
  const path = `M${from.x} ${from.y}C${right} ${below} ${left} ${below} ${to.x} ${to.y}`
  return { path, ...pointOf(0.5, [from.x, right, left, to.x], [from.y, below, below, to.y]) }
}

type Four = readonly [number, number, number, number]

/** A point of a cubic Bézier curve. */
function pointOf(t: number, xs: Four, ys: Four): Point {
  const u = 1 - t
  const at = ([a, b, c, d]: Four) => Math.round(u ** 3 * a + 3 * u * u * t * b + 3 * u * t * t * c + t ** 3 * d)
  return { x: at(xs), y: at(ys) }
}

function boxAsSvg({ name, x, y, width, height }: Box, links: GraphLinks | undefined): Html {
  const short = name.length > 28 ? `${name.slice(0, 27)}…` : name
  const drawn = html`<title>${name}</title><rect class="box" x="${x}" y="${y}" width="${width}" height="${height}" rx="6"/><text class="name" x="${x + width / 2}" y="${y + height / 2 + 5}">${short}</text>`
  return links === undefined ? html`<g>${drawn}</g>` : html`<a href="${links.name(name)}">${drawn}</a>`
}

/** For a document that does not have the style sheet of the page. */
const ownColours = html`<style>
svg{font:14px system-ui,sans-serif;background:#fff}
.box{fill:#f3f5f7;stroke:#5c6570}.name{fill:#15181b;text-anchor:middle;font-weight:600}
.label{fill:#15181b;text-anchor:middle;font-size:12px;paint-order:stroke;stroke:#fff;stroke-width:4px}
.line,.cross{fill:none;stroke:#0b5cad}.line.unused{stroke:#5c6570;stroke-dasharray:6 5}.line.withdrawn,.line.expiring,.cross{stroke:#b3261e}
.line.withdrawn{stroke-dasharray:2 4}.cross{stroke-width:2}.head{fill:#0b5cad}.head.unused{fill:#5c6570}.head.withdrawn,.head.expiring{fill:#b3261e}.hit{display:none}
</style>`
