import { median } from './statistics.js'

const rounds = 5
const calls = 2000

/** V8's flags for a nursery so large that no collection falls into a round: what is allocated can then be counted exactly. */
export const allocationFlags = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64']

/** Bytes a call. The loop must have run hot before. */
export async function bytesPerCall(loop) {
  const counted = []
  for (let round = 0; round < rounds; round++) {
    globalThis.gc()
    const before = process.memoryUsage().heapUsed
    await loop(calls)
    counted.push((process.memoryUsage().heapUsed - before) / calls)
  }
  return Math.round(median(counted))
}
