import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { parentPort } from 'node:worker_threads'
import { addRun, newReport, type Report } from './report.ts'
import { simulate } from './simulate.ts'

// A run makes very many errors, and nobody reads their stacks.
Error.stackTraceLimit = 0
setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

parentPort?.on(
  'message',
  (seeds: readonly number[]) => void runAll(seeds).then((report) => parentPort?.postMessage(report))
)

async function runAll(seeds: readonly number[]): Promise<Report> {
  const report = newReport()
  for (const seed of seeds) {
    const run = await simulate(seed)
    addRun(report, run)
    if (run.violations.length === 0) continue
    const { log } = await simulate(seed, { keepLog: true })
    report.failures.push({ seed, violations: run.violations, log })
  }
  collectGarbage()
  report.heap = process.memoryUsage().heapUsed
  return report
}
