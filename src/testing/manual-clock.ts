import type { Clock, Timer } from '../clock.ts'
import { checkedFields, wrong } from '../wrong-option.ts'

export interface ManualClockOptions {
  /** Epoch ms at which the wall clock stands first. */
  readonly now?: number
  /** What every draw gives, or where draws come from. */
  readonly random?: number | (() => number)
}

/** A clock that stands still until you move it. */
export interface ManualClock extends Clock {
  /**
   * Lets `ms` pass on both clocks. Timers fire in order, each at its moment, and the work they start settles in between.
   * Before time moves on to a deadline, real I/O gets up to 100 turns of the event loop, of a real millisecond each, to come
   * back: a server that answers is in time, and one that hangs is not. No other timer waits for that.
   * What is under way when the time is up goes on: await it.
   */
  advance(ms: number): Promise<void>
  /** Moves the wall clock alone, as a time server's correction does; negative goes back. */
  stepWallTime(ms: number): void
  /** How many timers are waiting. */
  readonly timers: number
}

interface WaitingTimer {
  readonly at: number
  readonly callback: () => void
  readonly isDeadline: boolean
}

// Taken now: a test runner's fake timers may replace them later.
const realImmediate = setImmediate
const realTimeout = setTimeout

// Turns and not milliseconds: on a busy machine they take longer, as the I/O does.
const turnsForIo = 100

/**
 * A clock for tests: hand it to `createTokenClient({ clock })` and a 12-hour token ends when you say so.
 * @throws ClientConfigurationError for an unknown option; `advance` rejects with it for what is no time
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

  /** Lets work go on until it can only wait for time to pass. That it waits for a deadline is believed after a while of silence. */
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
