import * as vega from 'vega'
import { compile } from 'vega-lite'

/** The panels as one SVG, three in a row. */
export async function draw(panels) {
  const { spec } = compile({
    background: 'white',
    config: {
      font: 'sans-serif',
      view: { stroke: '#ddd' },
      axis: { gridColor: '#eee', domain: false },
      legend: { orient: 'bottom', labelLimit: 300 }
    },
    columns: 3,
    concat: panels.map(({ title, unit, points }) => ({
      title: { text: title, anchor: 'start' },
      width: 300,
      height: 160,
      data: { values: points },
      mark: { type: 'line', strokeWidth: 2, interpolate: 'step-after' },
      encoding: {
        x: { field: 'minute', type: 'quantitative', title: 'minute of the run', scale: { domain: [0, 6] } },
        y: { field: 'value', type: 'quantitative', title: unit === 's' ? 'seconds' : null, scale: { zero: true } },
        color: { field: 'series', type: 'nominal', title: null, scale: { scheme: 'tableau10' } }
      }
    })),
    resolve: { scale: { color: 'independent' } }
  })
  const svg = await new vega.View(vega.parse(spec), { renderer: 'none' }).toSVG()
  return svg
    .replace(/ (?:aria-[a-z]+|role|class|pointer-events|stroke-miterlimit)="[^"]*"/g, '')
    .replace(/(\d+\.\d)\d+/g, '$1')
}
