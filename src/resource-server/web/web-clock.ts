import type { Clock } from '../../clock.ts'

/** The clock of an edge runtime. */
export const webClock: Clock = {
  wallTime: () => Date.now(),
  monotonicTime: () => performance.now(),
  startTimer(callback, delay) {
    const timeout = setTimeout(callback, delay)
    return { cancel: () => clearTimeout(timeout), hold() {} }
  },
  random: () => Math.random()
}
