import { AsyncLocalStorage } from 'node:async_hooks'
import type { Clock, Timer } from '../clock.ts'

/** The one timer of a client. It never keeps the process alive. */
export interface Schedule {
  /** Wakes at that monotonic moment, or earlier. */
  wakeBy(moment: number): void
  stop(): void
}

// A timer delay above 2^31-1 ms fires at once, and a coarse one drifts: no sleep is longer than this.
const longestSleep = 3_600_000

// The timer outlives the request that armed it and must not hold on to that request's context.
const outsideRequests = AsyncLocalStorage.snapshot()

/** Calls `wake` at the earliest moment asked for; `wake` answers with the next one. */
export function schedule(clock: Clock, wake: () => number): Schedule {
  let timer: Timer | undefined
  let next = Number.POSITIVE_INFINITY

  function arm(moment: number): void {
    timer?.cancel()
    timer = undefined
    next = moment
    if (moment === Number.POSITIVE_INFINITY) return
    const delay = Math.min(Math.max(1, Math.ceil(moment - clock.monotonicTime())), longestSleep)
    timer = outsideRequests(() => clock.startTimer(fire, delay))
  }

  function fire(): void {
    arm(clock.monotonicTime() < next ? next : wake())
  }

  return {
    wakeBy(moment) {
      if (moment < next) arm(moment)
    },
    stop() {
      arm(Number.POSITIVE_INFINITY)
    }
  }
}
