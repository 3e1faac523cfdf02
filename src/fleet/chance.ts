import type { Clock } from '../clock.ts'

/** The random source of a simulation. It has the form of a clock because the refresh code takes one, but only its `random` is ever called. */
export function chance(seed: number): Clock {
  let state = seed >>> 0
  return {
    wallTime: () => 0,
    monotonicTime: () => 0,
    startTimer: () => ({ cancel() {}, hold() {} }),
    /** The generator is mulberry32, which is small and random enough for a simulation. */
    random() {
      state = (state + 0x6d2b79f5) | 0
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
    }
  }
}
