import { clearTimeout, monotonicTime, setImmediate, setTimeout, wallTime } from './platform-timers.ts'

/** Where time and chance come from. Tests hand in one they hold: `manualClock()` of `service-token-client/testing`. */
export interface Clock {
  /** Epoch milliseconds. It can jump. */
  wallTime(): number
  /** Milliseconds from an arbitrary start. It never goes back; a suspended machine can stop it. */
  monotonicTime(): number
  /**
   * Calls back once after `delay` ms. The timer does not keep the process alive unless it is held.
   * A `'deadline'` only ends a wait for something else: what has arrived by then comes first, and a clock that is moved by hand lets it
   * come.
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

/** Turns of the event loop in which what has arrived already is read, decrypted and understood. */
const turnsForArrivals = 3

/** An event loop that stood still fires the timers first, and an answer that came meanwhile would be called late. */
function afterArrivals(callback: () => void, turns = turnsForArrivals): void {
  if (turns === 0) callback()
  else setImmediate(() => afterArrivals(callback, turns - 1))
}

export const systemClock: Clock = {
  wallTime,
  monotonicTime,
  startTimer(callback, delay, purpose) {
    let waits = true
    const expire = () => waits && callback()
    const timeout: NodeJS.Timeout | BareTimeout = setTimeout(
      purpose === 'deadline' ? () => afterArrivals(expire) : expire,
      delay
    )
    timeout.unref?.()
    return {
      cancel() {
        waits = false
        clearTimeout(timeout as NodeJS.Timeout)
      },
      hold: () => void timeout.ref?.()
    }
  },
  random: () => Math.random()
}

/** Uniform in [low, high). */
export function uniform(clock: Clock, low: number, high: number): number {
  return low + clock.random() * (high - low)
}
