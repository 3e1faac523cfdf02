import type { Clock } from '../../src/clock.ts'
import type { Chance } from './simulated-chance.ts'
import type { Doer, Timeline } from './timeline.ts'

/** A client's clock, and how many of its timers still wait. */
export interface HostClock extends Clock {
  readonly timers: number
}

/** A machine with two clocks of its own, neither of which is the true time. */
export interface Host extends Doer {
  readonly name: string
  /** True time at which it last woke. */
  readonly wokeAt: number
  /** Milliseconds that its monotonic clock stood still so far. */
  readonly suspended: number
  /** Milliseconds that its wall clock was set back so far, all steps together. */
  readonly setBack: number
  monotonicTime(): number
  wallTime(): number
  /** The monotonic clock stands, the wall clock goes on. */
  suspend(ms: number): void
  /** Both clocks go on, and nothing runs: a stopped process, a blocked event loop. */
  freeze(ms: number): void
  stepWallTime(ms: number): void
  /** Does it here in `delay` ms, or when the host is awake again. */
  later(delay: number, run: () => void): void
  clock(): HostClock
}

/** A process on a host: when it is killed, nothing of it runs any more. */
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

/** Wall time when a run begins, as far as clocks are right. */
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
      // As in Node: whole milliseconds, at least one, a delay that is too long counts as one, and the loop's own notion of the time.
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
          host.later(early, fire) // the clock stood still meanwhile
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
