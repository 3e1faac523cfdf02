// The deterministic simulation: npm run simulate -- --seconds 60 --seed 1. It goes on until --seconds are over and --seeds and
// --years of service have been run, whichever of them are given. With --log it runs one seed and prints all that happens in it.
import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '0' },
    seeds: { type: 'string', default: '0' },
    years: { type: 'string', default: '0' },
    log: { type: 'boolean', default: false }
  }
})
const firstSeed = Number(values.seed)
const target = { seconds: Number(values.seconds), seeds: Number(values.seeds), years: Number(values.years) }
if (Object.values(target).every((amount) => amount === 0)) target.seconds = 60

const root = fileURLToPath(new URL('..', import.meta.url))
const built = new URL('../.cache/simulation/test/simulation/', import.meta.url)
const tsc = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url))
const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.simulation.json'], { cwd: root, stdio: 'inherit' })
if (status !== 0) process.exit(status ?? 1)

const { addReport, flaws, newReport, yearsOf } = await import(new URL('report.js', built))
const { invariants } = await import(new URL('verdict.js', built))
const { regressions } = await import(new URL('regressions.js', built))
const { simulate } = await import(new URL('simulate.js', built))

const runsAtATime = 20
const began = performance.now()
const seconds = () => (performance.now() - began) / 1000
const report = newReport()
let nextSeed = firstSeed
let interrupted = false
// Ctrl-C ends a long run with what it came to.
process.once('SIGINT', () => {
  interrupted = true
})

function isDone() {
  const { runs, failures } = report
  if (failures.length > 0 || interrupted) return true
  return seconds() >= target.seconds && runs >= target.seeds && yearsOf(report) >= target.years
}

function nextSeeds() {
  const seeds = Array.from({ length: runsAtATime }, (_, index) => nextSeed + index)
  nextSeed += runsAtATime
  return seeds
}

/** A thread of its own, which gets seeds until everything is done. */
function runThread(first) {
  const worker = new Worker(new URL('worker.js', built), { resourceLimits: { maxYoungGenerationSizeMb: 64 } })
  return new Promise((resolve, reject) => {
    worker.once('error', reject)
    worker.on('message', (part) => {
      addReport(report, part)
      if (!isDone()) return worker.postMessage(nextSeeds())
      resolve(worker.terminate())
    })
    worker.postMessage(first)
  })
}

function print() {
  const { runs, events, calls, tokenRequests, fired, failures, heap } = report
  const { waits, sumOfWaits, waitsBesideOthers, tellingWaits } = report
  const count = (number) => number.toLocaleString('en')
  console.log(`seeds ${firstSeed} to ${nextSeed - 1}: ${count(runs)} runs, ${yearsOf(report).toFixed(1)} service-years`)
  console.log(`${count(calls)} calls, ${count(tokenRequests)} token requests, ${count(events)} events`)
  console.log(`mean wait without a token: ${(sumOfWaits / waits).toFixed(2)} of the ceiling, ${count(waits)} waits`)
  console.log(
    `${count(waitsBesideOthers)} waits of clients with several tokens, ${count(tellingWaits)} judged so that half and twice would be reported`
  )
  console.log(`${seconds().toFixed(0)} s, heap at most ${Math.round(heap / 2 ** 20)} MiB`)
  console.log(
    'faults:',
    Object.entries(fired)
      .map(([kind, times]) => `${kind} ${count(times)}`)
      .join(', ')
  )
  for (const { seed, violations, log } of failures) {
    console.log(`\n${log.split('\n').slice(-40).join('\n')}`)
    for (const { invariant, what } of violations)
      console.log(`seed ${seed}: ${invariant} ${invariants[invariant]}\n  ${what}`)
    console.log(
      `all of it: npm run simulate -- --log --seed ${seed}; then add the seed to test/simulation/regressions.ts`
    )
  }
  for (const flaw of flaws(report)) console.log(flaw)
  console.log(`${failures.length} failing seeds`)
}

if (values.log) {
  process.stdout.write((await simulate(firstSeed, { keepLog: true })).log)
} else {
  const first = regressions.map(({ seed }) => seed)
  await Promise.all(
    Array.from({ length: availableParallelism() }, (_, index) => runThread(index === 0 ? first : nextSeeds()))
  )
  print()
  if (report.failures.length > 0 || flaws(report).length > 0) process.exitCode = 1
}
