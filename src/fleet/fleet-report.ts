import type { CheckedFleet } from './fleet-options.ts'
import { highest, sum, type Tally } from './tally.ts'

/** The result of a simulation. */
export interface FleetReport {
  /** The number of all token requests. */
  readonly requests: number
  /** The number of token requests in each second. */
  readonly perSecond: Uint32Array
  /** The number of token requests in the worst second of each token lifetime. The first number is for the rollout. */
  readonly peaks: readonly number[]
  /** The average number of token requests per second after the first token lifetime. */
  readonly mean: number
  /** The highest number of connections to the authorization server that are open at once. Each one is kept open for four seconds. */
  readonly sockets: number
  /** How often an instance was left without a token, so that calls failed, after it had its first token. */
  readonly tokenLosses: number
  /** The share of the time, after the first token, in which a call would have failed. */
  readonly shareWithoutToken: number
  /** The number of commands that one shard receives in its busiest second, including reads of the epoch. Undefined if there is no store. */
  readonly storePeak: number | undefined
}

const keepAliveSeconds = 4
/** Each instance reads the epoch every 30 to 60 seconds. */
const epochSeconds = 45

export function reportOf(fleet: CheckedFleet, counted: Tally): FleetReport {
  const { instances, lifetime, duration, shards } = fleet
  const { requests, storeCommands, withoutToken, tokenLosses } = counted
  const life = lifetime / 1000
  const cycles = Math.max(1, Math.floor(duration / lifetime))
  const later = requests.subarray(Math.min(requests.length, Math.ceil(life / 2)))
  return {
    requests: sum(requests),
    perSecond: requests,
    peaks: Array.from({ length: cycles }, (_, cycle) => highest(requests, ...cycleOf(cycle, life))),
    mean: later.length === 0 ? 0 : sum(later) / later.length,
    sockets: mostAtOnce(requests),
    tokenLosses,
    shareWithoutToken: withoutToken / (instances * duration),
    storePeak: shards === 0 ? undefined : highest(storeCommands) + Math.ceil(instances / shards / epochSeconds)
  }
}

/** Returns the time span of a cycle in seconds. The first span is the rollout, before any token is refreshed. */
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
