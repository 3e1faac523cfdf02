// docs/dashboard.svg: the panels of dashboard.json over a real run of six minutes, asked from a real Prometheus.
import { readFile, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { draw } from './chart.js'
import { startPrometheus } from './prometheus.js'
import { startServices } from './services.js'

const second = 1000
const dashboard = JSON.parse(await readFile(new URL('../dashboard.json', import.meta.url), 'utf8'))
const exporter = new PrometheusExporter({ port: 19_464, host: '127.0.0.1' })
const services = await startServices(new MeterProvider({ readers: [exporter] }))
const prometheus = await startPrometheus(19_464, 19_090)
const began = Date.now()

async function until(minute, then) {
  await sleep(began + minute * 60 * second - Date.now())
  console.log(`minute ${minute}`)
  await then?.()
}

await until(1.5, services.down)
await until(3, services.up)
await until(4.5, services.refuse)
await until(6)

const panels = []
for (const { title, fieldConfig, targets } of dashboard.panels) {
  const points = []
  for (const { expr, legendFormat } of targets) {
    const query = expr.replaceAll('$client', '.*').replaceAll('$__rate_interval', '15s')
    for (const { metric, values } of await prometheus.range(query, 6 * 60)) {
      const series = legendFormat.replaceAll(/\{\{(\w+)\}\}/g, (_, label) => metric[label] ?? '').trim() || 'a token'
      for (const [at, value] of values)
        points.push({ minute: (at * second - began) / (60 * second), value: Number(value), series })
    }
  }
  panels.push({ title, unit: fieldConfig.defaults.unit, points })
}
await writeFile(new URL('../../../docs/dashboard.svg', import.meta.url), await draw(panels))
await prometheus.stop()
await services.close()
await exporter.shutdown()
