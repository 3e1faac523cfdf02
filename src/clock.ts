import { clearTimeout, monotonicTime, setTimeout, wallTime } from './platform-timers.ts'

/** Where time and chance come from. Tests hand in one they hold: `manualClock()` of `service-token-client/testing`. */
export interface Clock {
  /** Epoch milliseconds. It can jump. */
  wallTime(): number
  /** Milliseconds from an arbitrary start. It never goes back; a suspended machine can stop it. */
  monotonicTime(): number
  /**
   * Calls back once after `delay` ms. The timer does not keep the process alive unless it is held.
   * A `'deadline'` only ends a wait for something else: a clock that is moved by hand lets that come first.
   */
  startTimer(callback: () => void, delay: number, purpose?: 'deadline'): Timer
  /** Uniform in [0, 1). */
  random(): number
}

export interface Timer {
  cancel(): void
  /** Keeps the process alive until the timer has fired or was cancelled: somebody waits for it. */
  hold(): void
}

/** Platforms that are not Node, and some test runners, give a number or the like. */
interface BareTimeout {
  readonly unref?: undefined
  readonly ref?: undefined
}

export const systemClock: Clock = {
  wallTime,
  monotonicTime,
  startTimer(callback, delay) {
    const timeout: NodeJS.Timeout | BareTimeout = setTimeout(callback, delay)
    timeout.unref?.()
    return { cancel: () => clearTimeout(timeout as NodeJS.Timeout), hold: () => void timeout.ref?.() }
  },
  random: () => Math.random()
}

/** Uniform in [low, high). */
export function uniform(clock: Clock, low: number, high: number): number {
  return low + clock.random() * (high - low)
}
