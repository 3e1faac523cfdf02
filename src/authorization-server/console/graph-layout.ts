/** An arrow from a caller to the service that it calls, by their names. */
export interface Arrow {
  readonly from: string
  readonly to: string
}

export interface Layout {
  /** The layers from left to right, each from top to bottom. They contain names, and the points that long arrows pass. */
  readonly columns: readonly (readonly string[])[]
  /** The points that an arrow passes between its ends. */
  passes(arrow: Arrow): readonly string[]
}

/** Puts callers to the left of the services that they call, and connected names close to each other. Only an arrow of a cycle leads back. */
export function layout(names: readonly string[], arrows: readonly Arrow[]): Layout {
  const forward = withoutCycles(names, arrows)
  const layerOf = longestPaths(names, forward)
  const columns: string[][] = []
  const put = (name: string, layer: number) => {
    columns[layer] ??= []
    columns[layer]?.push(name)
  }
  for (const name of names) put(name, layerOf.get(name) ?? 0)
  const passes = new Map(forward.map((arrow) => [keyOf(arrow), passedBy(arrow, layerOf)]))
  for (const arrow of forward)
    for (const [index, place] of (passes.get(keyOf(arrow)) ?? []).entries())
      put(place, (layerOf.get(arrow.from) ?? 0) + index + 1)
  const pieces = forward.flatMap((arrow) => chained([arrow.from, ...(passes.get(keyOf(arrow)) ?? []), arrow.to]))
  for (let sweep = 0; sweep < 6; sweep++) arrange(columns, pieces, sweep % 2 === 0)
  return { columns, passes: (arrow) => passes.get(keyOf(arrow)) ?? [] }
}

function keyOf({ from, to }: Arrow): string {
  return JSON.stringify([from, to])
}

/** One point in each layer between the two ends. */
function passedBy(arrow: Arrow, layerOf: ReadonlyMap<string, number>): readonly string[] {
  const between = (layerOf.get(arrow.to) ?? 0) - (layerOf.get(arrow.from) ?? 0) - 1
  return Array.from({ length: Math.max(0, between) }, (_, index) => `${keyOf(arrow)} ${index}`)
}

function chained(places: readonly string[]): readonly Arrow[] {
  return places.slice(1).map((to, index) => ({ from: places[index] ?? '', to }))
}

/** Leaves out the arrows that close a cycle, found by a depth-first search. */
function withoutCycles(names: readonly string[], arrows: readonly Arrow[]): readonly Arrow[] {
  const targets = new Map<string, Arrow[]>()
  for (const arrow of arrows) targets.set(arrow.from, [...(targets.get(arrow.from) ?? []), arrow])
  const done = new Set<string>()
  const kept: Arrow[] = []
  for (const start of names) walk(start, new Set())
  return kept

  function walk(name: string, way: Set<string>): void {
    if (done.has(name)) return
    way.add(name)
    for (const arrow of targets.get(name) ?? []) {
      if (way.has(arrow.to)) continue
      kept.push(arrow)
      walk(arrow.to, way)
    }
    way.delete(name)
    done.add(name)
  }
}

/** The length of the longest path of arrows to each name. */
function longestPaths(names: readonly string[], arrows: readonly Arrow[]): ReadonlyMap<string, number> {
  const layer = new Map(names.map((name) => [name, 0]))
  // Without cycles, no path is longer than the number of names.
  for (let round = 0; round < names.length; round++) {
    let moved = false
    for (const { from, to } of arrows) {
      const needed = (layer.get(from) ?? 0) + 1
      if ((layer.get(to) ?? 0) >= needed) continue
      layer.set(to, needed)
      moved = true
    }
    if (!moved) break
  }
  return layer
}

/** Sorts each layer by the mean position of its neighbours in the layer before it, or after it. */
function arrange(columns: string[][], arrows: readonly Arrow[], forward: boolean): void {
  const order = forward ? columns : [...columns].reverse()
  order.forEach((column, index) => {
    const before = order[index - 1]
    if (before === undefined) return
    const place = new Map(before.map((name, position) => [name, position]))
    const middle = (name: string): number => {
      const neighbours = arrows.flatMap(({ from, to }) =>
        forward ? (to === name ? [from] : []) : from === name ? [to] : []
      )
      const places = neighbours.flatMap((one) => place.get(one) ?? [])
      return places.length === 0 ? column.indexOf(name) : places.reduce((sum, one) => sum + one, 0) / places.length
    }
    const middles = new Map(column.map((name) => [name, middle(name)]))
    column.sort((one, other) => (middles.get(one) ?? 0) - (middles.get(other) ?? 0))
  })
}
