// npm run bench [-- --quick] [bench…]: tables on the terminal, everything else in .cache/bench.json.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { cpus, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { table } from './support/table.js'

const names = [
  'hot',
  'inject',
  'request',
  'routes',
  'stampede',
  'refresh-latency',
  'outage',
  'recovery',
  'cold-start',
  'first-token',
  'size',
  'keys',
  'health',
  'tenants',
  'listeners',
  'verify',
  'dpop'
]
const root = fileURLToPath(new URL('..', import.meta.url))
const given = process.argv.slice(2)
const quick = given.includes('--quick')
const chosen = given.filter((word) => word !== '--quick')

function npm(...words) {
  const { status } = spawnSync('npm', words, { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}

async function measure(name) {
  const { title, run } = await import(`./benches/${name}.js`)
  console.log(`\n## ${name}\n\n${title}\n`)
  const start = performance.now()
  const { columns, rows, verdicts } = await run({ quick })
  const seconds = (performance.now() - start) / 1000
  console.log(table(columns, rows))
  for (const { met, what, figure, target } of verdicts)
    console.log(`\n${met ? 'met' : 'MISSED'}: ${what}: ${figure} (${target})`)
  return { name, title, columns, rows, verdicts, seconds }
}

if (!existsSync(`${root}bench/node_modules`)) npm('ci', '--prefix', 'bench', '--no-audit', '--no-fund')
npm('run', '--silent', 'build')

const [{ model }] = cpus()
const machine = { cpu: model, cpus: cpus().length, gibibytes: Math.round(totalmem() / 2 ** 30), node: process.version }
console.log(`\n${model}, ${machine.cpus} processors, ${machine.gibibytes} GiB, Node ${process.version}`)
const results = []
for (const name of chosen.length === 0 ? names : chosen) results.push(await measure(name))

const missed = results.flatMap(({ verdicts }) => verdicts.filter(({ met }) => !met))
const seconds = results.reduce((sum, result) => sum + result.seconds, 0)
console.log(`\n${results.length} benches in ${Math.round(seconds)} s, ${missed.length} targets missed`)
await mkdir(`${root}.cache`, { recursive: true })
await writeFile(`${root}.cache/bench.json`, `${JSON.stringify({ machine, quick, results }, null, 2)}\n`)
