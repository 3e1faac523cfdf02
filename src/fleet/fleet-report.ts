import type { CheckedFleet } from './fleet-options.ts'
import { highest, sum, type Tally } from './tally.ts'

/** What a simulated fleet did. */
export interface FleetReport {
  /** Token requests in all. */
  readonly requests: number
  /** Token requests in each second. */
  readonly perSecond: Uint32Array
  /** Token requests in the worst second of each life of a token: the first is that of the rollout. */
  readonly peaks: readonly number[]
  /** Token requests per second, after the first life. */
  readonly mean: number
  /** The most connections to the authorization server that are open at once: each is kept for four seconds. */
  readonly sockets: number
  /** Instances that had to fail calls, after their first token. */
  readonly failedInstances: number
  /** Of all time after the first token, the share in which a call would have failed. */
  readonly failedShare: number
  /** Undefined without a store: commands of the busiest second in one shard, readings of the epoch included. */
  readonly storePeak: number | undefined
}

const keepAliveSeconds = 4
/** Each instance reads the epoch every 30 to 60 seconds. */
const epochSeconds = 45

export function reportOf(fleet: CheckedFleet, counted: Tally): FleetReport {
  const { instances, lifetime, duration, shards } = fleet
  const { requests, storeCommands, withoutToken, failedInstances } = counted
  const life = lifetime / 1000
  const cycles = Math.max(1, Math.floor(duration / lifetime))
  const later = requests.subarray(Math.min(requests.length, Math.ceil(life / 2)))
  return {
    requests: sum(requests),
    perSecond: requests,
    peaks: Array.from({ length: cycles }, (_, cycle) => highest(requests, ...cycleOf(cycle, life))),
    mean: later.length === 0 ? 0 : sum(later) / later.length,
    sockets: mostAtOnce(requests),
    failedInstances,
    failedShare: withoutToken / (instances * duration),
    storePeak: shards === 0 ? undefined : highest(storeCommands) + Math.ceil(instances / shards / epochSeconds)
  }
}

/** Seconds. A token is refreshed in the last half of its life: the rollout is the half before. */
function cycleOf(cycle: number, life: number): [from: number, to: number] {
  return cycle === 0 ? [0, life / 10] : [(cycle - 1) * 0.8 * life + life / 10, cycle * 0.8 * life + life / 10]
}

function mostAtOnce(requests: Uint32Array): number {
  let open = 0
  let most = 0
  requests.forEach((count, second) => {
    open += count - (requests[second - keepAliveSeconds] ?? 0)
    most = Math.max(most, open)
  })
  return most
}
