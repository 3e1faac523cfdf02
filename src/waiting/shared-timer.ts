import type { Clock, Timer } from '../clock.ts'

interface Waiting {
  readonly callback: () => void
  /** Monotonic ms. */
  readonly at: number
}

/**
 * A clock with one shared timer for background work, so a thousand clients that refresh their tokens need only one. Deadlines,
 * and timers that keep the process alive, have a timer each.
 */
export function sharedTimer(clock: Clock): Clock {
  const waiting = new Set<Waiting>()
  let timer: Timer | undefined
  let armedFor = Number.POSITIVE_INFINITY

  function armBy(moment: number): void {
    if (moment >= armedFor) return
    timer?.cancel()
    armedFor = moment
    timer = clock.startTimer(fire, Math.max(0, moment - clock.monotonicTime()))
  }

  function disarm(): void {
    timer?.cancel()
    timer = undefined
    armedFor = Number.POSITIVE_INFINITY
  }

  function fire(): void {
    disarm()
    const moment = clock.monotonicTime()
    const due = [...waiting].filter(({ at }) => at <= moment)
    for (const one of due) if (waiting.delete(one)) one.callback() // one that is due can cancel another
    let next = Number.POSITIVE_INFINITY
    for (const { at } of waiting) next = Math.min(next, at)
    if (next < Number.POSITIVE_INFINITY) armBy(next)
  }

  function leave(one: Waiting): boolean {
    const waited = waiting.delete(one)
    if (waiting.size === 0) disarm()
    return waited
  }

  return {
    wallTime: () => clock.wallTime(),
    monotonicTime: () => clock.monotonicTime(),
    random: () => clock.random(),
    startTimer(callback, delay, purpose) {
      if (purpose !== undefined) return clock.startTimer(callback, delay, purpose)
      const one = { callback, at: clock.monotonicTime() + delay }
      let own: Timer | undefined
      waiting.add(one)
      armBy(one.at)
      return {
        cancel() {
          leave(one)
          own?.cancel()
        },
        hold() {
          if (leave(one)) own = clock.startTimer(callback, Math.max(0, one.at - clock.monotonicTime()))
          own?.hold()
        }
      }
    }
  }
}
