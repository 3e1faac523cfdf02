import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** A Prometheus of our own on loopback, which scrapes one port each second. */
export async function startPrometheus(scrapedPort, port) {
  const folder = await mkdtemp(join(tmpdir(), 'prometheus-'))
  const target = `- job_name: services\n    static_configs: [{ targets: ['127.0.0.1:${scrapedPort}'] }]`
  await writeFile(join(folder, 'prometheus.yml'), `global: { scrape_interval: 1s }\nscrape_configs:\n  ${target}\n`)
  const child = spawn('prometheus', [
    `--config.file=${folder}/prometheus.yml`,
    `--storage.tsdb.path=${folder}/data`,
    `--web.listen-address=127.0.0.1:${port}`
  ])
  child.on('error', ({ code }) => {
    console.error(`prometheus cannot be started (${code}). Install it: apt-get install prometheus`)
    process.exit(1)
  })
  await sleep(2000)
  return {
    /** The series of an expression over the last `seconds`. */
    async range(query, seconds) {
      const end = Date.now() / 1000
      const parameters = new URLSearchParams({ query, start: end - seconds, end, step: 2 })
      const response = await fetch(`http://127.0.0.1:${port}/api/v1/query_range?${parameters}`)
      const { data, error } = await response.json()
      if (data === undefined) throw new Error(error)
      return data.result
    },
    async stop() {
      child.kill()
      await new Promise((resolve) => child.once('exit', resolve))
      await rm(folder, { recursive: true })
    }
  }
}
