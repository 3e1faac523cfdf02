import type { Clock, Timer } from '../clock.ts'
import { checkedFields, wrong } from '../wrong-option.ts'

export interface ManualClockOptions {
  /** The first time of the wall clock, in epoch ms. */
  readonly now?: number
  /** The value of every random number, or a function that returns them. */
  readonly random?: number | (() => number)
}

/** A clock that stops until you move it. */
export interface ManualClock extends Clock {
  /**
   * Moves both clocks forward by `ms`. Timers fire in order, each at its moment, and the work that they start settles in between.
   * Before a deadline fires, real I/O gets up to 100 turns of the event loop, of a real millisecond each, to finish.
   * A server that answers is therefore in time, and one that hangs is not. No other timer waits for I/O.
   * `advance` does not wait for work that is still running at the end, so await that work.
   */
  advance(ms: number): Promise<void>
  /** Moves only the wall clock, as a correction by a time server does. A negative number moves it back. */
  stepWallTime(ms: number): void
  /** How many timers are waiting. */
  readonly timers: number
}

interface WaitingTimer {
  readonly at: number
  readonly callback: () => void
  readonly isDeadline: boolean
}

// Read now, because the fake timers of a test runner may replace them later.
const realImmediate = setImmediate
const realTimeout = setTimeout

// We count turns and not milliseconds, because on a busy machine they take longer, as the I/O does.
const turnsForIo = 100

/**
 * A clock for tests. Pass it to `createTokenClient({ clock })`, and a token of 12 hours expires when you say so.
 * @throws ClientConfigurationError for an unknown option; `advance` rejects with it if its argument is not a time
 */
export function manualClock(options: ManualClockOptions = {}): ManualClock {
  const { now = Date.UTC(2030, 0, 1), random = 0.5 } = checkedFields('manualClock', options, ['now', 'random'])
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

  /** Lets work continue until it only waits for time to pass. After a while without any activity we assume that it waits for a deadline. */
  async function settle(end: number): Promise<void> {
    await new Promise((resolve) => realImmediate(resolve))
    for (let turns = 0; turns < turnsForIo; turns += 1) {
      const next = nextUntil(end)
      if (!next?.isDeadline || next.at <= monotonic) return
      await new Promise((resolve) => realTimeout(resolve, 1))
    }
  }

  return {
    wallTime: () => wall,
    monotonicTime: () => monotonic,
    random: typeof random === 'number' ? () => random : random,
    startTimer(callback, delay, purpose): Timer {
      const timer = { at: monotonic + Math.max(0, delay), callback, isDeadline: purpose === 'deadline' }
      waiting.add(timer)
      return { cancel: () => void waiting.delete(timer), hold() {} }
    },
    async advance(ms) {
      if (!(ms >= 0 && ms < Number.POSITIVE_INFINITY))
        wrong(
          'manualClock().advance',
          'must be given milliseconds, 0 or more',
          'stepWallTime sets the wall clock back.'
        )
      const end = monotonic + ms
      await settle(end)
      for (let timer = nextUntil(end); timer !== undefined; timer = nextUntil(end)) {
        waiting.delete(timer)
        pass(Math.max(0, timer.at - monotonic))
        timer.callback()
        await settle(end)
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
