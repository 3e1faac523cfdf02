import type { Clock } from '../clock.ts'

/** One moment, read on both clocks. */
export interface Now {
  readonly monotonic: number
  readonly wall: number
}

export function now(clock: Clock): Now {
  return { monotonic: clock.monotonicTime(), wall: clock.wallTime() }
}
