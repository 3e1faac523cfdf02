import { init } from 'echarts'

/**
 * An SVG of the worst second in each stretch of `step` seconds.
 *
 * @param {{ title: string, step: number, hours: number }} about
 * @param {[string, import('../dist/fleet/index.js').FleetReport][]} reports
 */
export function plot({ title, step, hours }, reports) {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: 860, height: 380 })
  chart.setOption({
    animation: false,
    backgroundColor: '#fff',
    title: { text: title, left: 'center', textStyle: { fontSize: 14 } },
    legend: { bottom: 0, itemGap: 64 }, // without a browser no text is measured
    grid: { left: 60, right: 24, top: 44, bottom: 72 },
    xAxis: { type: 'value', name: 'hours', nameLocation: 'middle', nameGap: 26, min: -0.5, max: hours },
    yAxis: { type: 'log', name: 'requests/s', min: 0.5 },
    series: reports.map(([name, { perSecond }]) => ({
      name,
      type: 'scatter',
      symbolSize: 5,
      data: worst(perSecond, step)
    }))
  })
  const svg = chart.renderToSVGString()
  chart.dispose()
  return svg
}

/** A logarithmic axis has no place for nothing: a stretch without a request leaves a gap. */
function worst(perSecond, step) {
  const points = []
  for (let from = 0; from < perSecond.length; from += step) {
    const most = perSecond.subarray(from, from + step).reduce((one, other) => Math.max(one, other), 0)
    points.push([from / 3600, most === 0 ? null : most])
  }
  return points
}
