import type { CheckedFleet } from './fleet-options.ts'

export interface Tally {
  /** The number of token requests in each second. */
  readonly requests: Uint32Array
  /** The number of commands in each second that the busiest shard of the store receives. */
  readonly storeCommands: Uint32Array
  /** How many milliseconds all instances together were without a token, after each had received its first. */
  withoutToken: number
  /** How often an instance lost its token after it had received its first. */
  tokenLosses: number
  command(shard: number, second: number): void
}

/** Counts only the first shard, because all shards get the same load. */
export function tally({ duration }: CheckedFleet): Tally {
  const seconds = Math.ceil(duration / 1000)
  const storeCommands = new Uint32Array(seconds)
  return {
    requests: new Uint32Array(seconds),
    storeCommands,
    withoutToken: 0,
    tokenLosses: 0,
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
