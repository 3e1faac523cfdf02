import type { Run } from './simulate.ts'
import { type FaultKind, faultKinds } from './simulated-fault-kinds.ts'
import type { Violation } from './verdict.ts'

const counts = ['events', 'calls', 'tokenRequests', 'spared'] as const
const countsOfWaits = ['waits', 'sumOfWaits', 'waitsBesideOthers', 'tellingWaits'] as const
const sums = [...counts, ...countsOfWaits] as const
type Sums = Record<(typeof sums)[number], number>

/** The sums over many runs. It is plain data, because it is sent between threads. */
export interface Report extends Sums {
  runs: number
  /** The milliseconds of all services together. */
  serviceTime: number
  readonly fired: Record<FaultKind, number>
  readonly failures: { readonly seed: number; readonly violations: readonly Violation[]; readonly log: string }[]
  /** The bytes in use after a garbage collection. */
  heap: number
}

const year = 365.25 * 24 * 3600 * 1000

export function newReport(): Report {
  const fired = Object.fromEntries(faultKinds.map((kind) => [kind, 0])) as Report['fired']
  const none = Object.fromEntries(sums.map((sum) => [sum, 0])) as Sums
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
/** The waits of clients with several kinds of tokens are judged less exactly. This share of them must still be judged tightly. */
const leastTelling = 0.2
const mostHeap = 100 * 2 ** 20

/** Flaws that only many runs together can show. */
export function flaws(report: Report): string[] {
  const { runs, fired, waits, sumOfWaits, waitsBesideOthers, tellingWaits, spared, heap } = report
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
    ...(waitsBesideOthers > enoughWaits && tellingWaits < leastTelling * waitsBesideOthers
      ? [
          `I4: ${tellingWaits} of ${waitsBesideOthers} waits of clients with several tokens would be reported when halved or doubled.`
        ]
      : []),
    ...(spared === 0 ? ['I16: no origin was called while another one had refused the token.'] : []),
    ...(heap > mostHeap ? [`I10: the heap has grown to ${Math.round(heap / 2 ** 20)} MiB.`] : [])
  ]
}
