import type { Clock } from '../clock.ts'

/** The random source of a simulation, in the form that the law of refreshing takes. Only `random` is ever asked. */
export function chance(seed: number): Clock {
  let state = seed >>> 0
  return {
    wallTime: () => 0,
    monotonicTime: () => 0,
    startTimer: () => ({ cancel() {}, hold() {} }),
    /** mulberry32: small, and good enough for draws. */
    random() {
      state = (state + 0x6d2b79f5) | 0
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
    }
  }
}
