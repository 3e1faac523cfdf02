import type { CheckedFleet } from './fleet-options.ts'

export interface Tally {
  /** Token requests in each second. */
  readonly requests: Uint32Array
  /** Commands that the busiest shard of the store gets, in each second. */
  readonly storeCommands: Uint32Array
  /** Milliseconds without a token, of all instances together, after each has had its first. */
  withoutToken: number
  /** Instances that were without a token at some moment after their first. */
  failedInstances: number
  command(shard: number, second: number): void
}

/** Shards are equal, so one of them is counted: the first. */
export function tally({ duration }: CheckedFleet): Tally {
  const seconds = Math.ceil(duration / 1000)
  const storeCommands = new Uint32Array(seconds)
  return {
    requests: new Uint32Array(seconds),
    storeCommands,
    withoutToken: 0,
    failedInstances: 0,
    command(shard, second) {
      if (shard === 0 && second < seconds) storeCommands[second] = (storeCommands[second] ?? 0) + 1
    }
  }
}

export function sum(counts: Uint32Array): number {
  return counts.reduce((total, count) => total + count, 0)
}

export function highest(counts: Uint32Array, from = 0, to = counts.length): number {
  return counts.subarray(Math.max(0, Math.floor(from)), Math.ceil(to)).reduce((most, count) => Math.max(most, count), 0)
}
