import { clearTimeout, monotonicTime, setImmediate, setTimeout, wallTime } from './platform-timers.ts'

/** The clock and the random source. Tests use `manualClock()` of `service-token-client/testing`, which they control. */
export interface Clock {
  /** Epoch milliseconds. It can jump. */
  wallTime(): number
  /** Milliseconds from an arbitrary start. It never goes back, but it can stop while the machine is suspended. */
  monotonicTime(): number
  /**
   * Calls back once after `delay` ms. The timer does not keep the process alive, unless `hold()` is called.
   * A `'deadline'` only ends a wait for something else. What has arrived by then is handled first, and a manual clock lets it
   * arrive before the deadline fires.
   */
  startTimer(callback: () => void, delay: number, purpose?: 'deadline'): Timer
  /** Uniform in [0, 1). */
  random(): number
}

export interface Timer {
  cancel(): void
  /** Keeps the process alive until the timer has fired or was cancelled, because somebody waits for it. */
  hold(): void
}

/** Other platforms than Node, and some test runners, return a number or something similar. */
interface BareTimeout {
  readonly unref?: undefined
  readonly ref?: undefined
}

/** How many turns of the event loop it takes to read, decrypt and parse what has already arrived. */
const turnsForArrivals = 3

/** After a pause, the event loop fires its timers first. Without these turns, an answer that arrived during the pause would count as late. */
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

/** The longest delay of a timer in milliseconds. The platform fires a longer one at once. */
export const longestDelay = 2 ** 31 - 1

/** Uniform in [low, high). */
export function uniform(clock: Clock, low: number, high: number): number {
  return low + clock.random() * (high - low)
}
