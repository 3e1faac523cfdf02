import type { Clock } from '../../src/clock.ts'
import type { Chance } from './simulated-chance.ts'
import type { Doer, Timeline } from './timeline.ts'

/** A client's clock. It counts the timers that have not fired yet. */
export interface HostClock extends Clock {
  readonly timers: number
}

/** A machine with a monotonic clock and a wall clock. Neither of them shows the true time. */
export interface Host extends Doer {
  readonly name: string
  /** True time at which the host last woke. */
  readonly wokeAt: number
  /** How long the monotonic clock has stood still since the start, in milliseconds. */
  readonly suspended: number
  /** How far the wall clock was set back since the start, all steps together, in milliseconds. */
  readonly setBack: number
  monotonicTime(): number
  wallTime(): number
  /** The monotonic clock stops, and the wall clock goes on. */
  suspend(ms: number): void
  /** Both clocks go on, but nothing runs, as in a stopped process or a blocked event loop. */
  freeze(ms: number): void
  stepWallTime(ms: number): void
  /** Calls `run` after `delay` ms, or later when the host wakes if it sleeps then. */
  later(delay: number, run: () => void): void
  clock(): HostClock
}

/** A process on a host. When it is killed, nothing of it runs any more. */
export interface HostProcess extends Host {
  kill(): void
}

export function processOn(host: Host): HostProcess {
  let isDead = false
  return Object.assign(Object.create(host) as Host, {
    later: (delay: number, run: () => void) => host.later(delay, () => isDead || run()),
    kill() {
      isDead = true
    }
  })
}

/** The wall time at the start of a run, on a clock that is right. */
export const epoch = Date.UTC(2030, 0, 1)
const longestDelay = 2 ** 31 - 1

export function newHost(name: string, line: Timeline, chance: Chance): Host {
  let asleepUntil = 0
  let suspended = 0
  let wallOffset = epoch + chance.between(-60_000, 60_000)
  let setBack = 0
  const monotonicTime = () => line.now - suspended

  const host: Host = {
    name,
    get asleepUntil() {
      return asleepUntil
    },
    get wokeAt() {
      return asleepUntil
    },
    get suspended() {
      return suspended
    },
    get setBack() {
      return setBack
    },
    monotonicTime,
    wallTime: () => line.now + wallOffset,
    suspend(ms) {
      if (asleepUntil > line.now) return
      suspended += ms
      asleepUntil = line.now + ms
    },
    freeze(ms) {
      asleepUntil = Math.max(asleepUntil, line.now + ms)
    },
    stepWallTime(ms) {
      wallOffset += ms
      if (ms < 0) setBack -= ms
    },
    later: (delay, run) => line.in(delay, run, host),
    clock() {
      return hostClock(this, chance.fork())
    }
  }
  return host
}

function hostClock(host: Host, chance: Chance): HostClock {
  let timers = 0
  return {
    get timers() {
      return timers
    },
    wallTime: host.wallTime,
    monotonicTime: host.monotonicTime,
    random: chance.next,
    startTimer(callback, delay) {
      // As in Node, a delay is a whole number of milliseconds and at least 1, and a delay that is too long becomes 1. The event loop
      // reads its own time, so a timer can fire a little early or late.
      const whole = delay > longestDelay ? 1 : Math.max(1, Math.trunc(delay))
      const dueAt = host.monotonicTime() + whole + chance.between(-1, 4)
      let waits = true
      timers += 1

      function end(): void {
        if (waits) timers -= 1
        waits = false
      }
      function fire(): void {
        if (!waits) return
        const early = dueAt - host.monotonicTime()
        if (early > 0.01) {
          host.later(early, fire) // the monotonic clock stood still for a while
          return
        }
        end()
        callback()
      }
      host.later(dueAt - host.monotonicTime(), fire)
      return { cancel: end, hold() {} }
    }
  }
}
