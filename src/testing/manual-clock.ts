import type { Clock, Timer } from '../clock.ts'

export interface ManualClockOptions {
  /** Epoch ms at which the wall clock stands first. */
  readonly now?: number
  /** What every draw gives, or where draws come from. */
  readonly random?: number | (() => number)
}

/** A clock that stands still until you move it. */
export interface ManualClock extends Clock {
  /** Lets `ms` pass on both clocks. Timers fire in order, each at its moment, and the work they start settles in between. */
  advance(ms: number): Promise<void>
  /** Moves the wall clock alone, as a time server's correction does; negative goes back. */
  stepWallTime(ms: number): void
  /** How many timers are waiting. */
  readonly timers: number
}

interface WaitingTimer {
  readonly at: number
  readonly callback: () => void
}

// Taken now: a test runner's fake timers may replace it later.
const turn = setImmediate

/** A clock for tests: hand it to `createTokenClient({ clock })` and a 12-hour token ends when you say so. */
export function manualClock({ now = Date.UTC(2030, 0, 1), random = 0.5 }: ManualClockOptions = {}): ManualClock {
  let wall = now
  let monotonic = 0
  const waiting = new Set<WaitingTimer>()

  function pass(ms: number): void {
    wall += ms
    monotonic += ms
  }

  function nextUntil(end: number): WaitingTimer | undefined {
    let first: WaitingTimer | undefined
    for (const timer of waiting) if (timer.at <= end && (first === undefined || timer.at < first.at)) first = timer
    return first
  }

  return {
    wallTime: () => wall,
    monotonicTime: () => monotonic,
    random: typeof random === 'number' ? () => random : random,
    startTimer(callback, delay): Timer {
      const timer = { at: monotonic + Math.max(0, delay), callback }
      waiting.add(timer)
      return { cancel: () => void waiting.delete(timer), hold() {} }
    },
    async advance(ms) {
      const end = monotonic + ms
      await settle()
      for (let timer = nextUntil(end); timer !== undefined; timer = nextUntil(end)) {
        waiting.delete(timer)
        pass(Math.max(0, timer.at - monotonic))
        timer.callback()
        await settle()
      }
      pass(end - monotonic)
    },
    stepWallTime(ms) {
      wall += ms
    },
    get timers() {
      return waiting.size
    }
  }
}

function settle(): Promise<void> {
  return new Promise((resolve) => turn(resolve))
}
