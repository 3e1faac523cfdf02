import type { Clock } from '../../clock.ts'

/** Time as an edge runtime tells it. */
export const webClock: Clock = {
  wallTime: () => Date.now(),
  monotonicTime: () => performance.now(),
  startTimer(callback, delay) {
    const timeout = setTimeout(callback, delay)
    return { cancel: () => clearTimeout(timeout), hold() {} }
  },
  random: () => Math.random()
}
