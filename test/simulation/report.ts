import type { Run } from './simulate.ts'
import { type FaultKind, faultKinds } from './simulated-fault-kinds.ts'
import type { Violation } from './verdict.ts'

/** What many runs came to. Plain data: it travels between threads. */
export interface Report {
  runs: number
  /** Milliseconds, all services together. */
  serviceTime: number
  events: number
  calls: number
  tokenRequests: number
  waits: number
  sumOfWaits: number
  spared: number
  readonly fired: Record<FaultKind, number>
  readonly failures: { readonly seed: number; readonly violations: readonly Violation[]; readonly log: string }[]
  /** Bytes in use after a garbage collection. */
  heap: number
}

const year = 365.25 * 24 * 3600 * 1000

const sums = ['events', 'calls', 'tokenRequests', 'waits', 'sumOfWaits', 'spared'] as const

export function newReport(): Report {
  const fired = Object.fromEntries(faultKinds.map((kind) => [kind, 0])) as Report['fired']
  const none = { events: 0, calls: 0, tokenRequests: 0, waits: 0, sumOfWaits: 0, spared: 0 }
  return { runs: 0, serviceTime: 0, ...none, fired, failures: [], heap: 0 }
}

export function addRun(report: Report, { serviceTime, statistics }: Run): void {
  report.runs += 1
  report.serviceTime += serviceTime
  for (const sum of sums) report[sum] += statistics[sum]
  for (const [kind, count] of statistics.fired) report.fired[kind] += count
}

export function addReport(report: Report, other: Report): void {
  for (const sum of ['runs', 'serviceTime', ...sums] as const) report[sum] += other[sum]
  for (const kind of faultKinds) report.fired[kind] += other.fired[kind]
  report.failures.push(...other.failures)
  report.heap = Math.max(report.heap, other.heap)
}

export function yearsOf({ serviceTime }: Report): number {
  return serviceTime / year
}

const enoughRuns = 500
const enoughWaits = 300
const leastMeanWait = 0.7
const mostHeap = 100 * 2 ** 20

/** What is wrong with the runs as a whole, which no single one can show. */
export function flaws({ runs, fired, waits, sumOfWaits, spared, heap }: Report): string[] {
  if (runs < enoughRuns) return []
  const idle = faultKinds.filter((kind) => fired[kind] === 0)
  const mean = sumOfWaits / waits
  return [
    ...idle.map((kind) => `No fault of the kind "${kind}" fired.`),
    ...(waits > enoughWaits && mean < leastMeanWait
      ? [
          `I4: the mean wait without a token is ${mean.toFixed(2)} of its ceiling, where the upper half gives three quarters.`
        ]
      : []),
    ...(spared === 0 ? ['I16: no origin was called while another one had refused the token.'] : []),
    ...(heap > mostHeap ? [`I10: the heap has grown to ${Math.round(heap / 2 ** 20)} MiB.`] : [])
  ]
}
