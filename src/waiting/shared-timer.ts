import type { Clock, Timer } from '../clock.ts'

/** Who waits on the timer. One that holds the process has a timer of its own from then on. */
class Waiting implements Timer {
  readonly callback: () => void
  /** Monotonic ms. */
  readonly at: number
  readonly #shared: SharedTimer
  #own: Timer | undefined

  constructor(shared: SharedTimer, callback: () => void, at: number) {
    this.#shared = shared
    this.callback = callback
    this.at = at
  }

  cancel(): void {
    this.#shared.leave(this)
    this.#own?.cancel()
  }

  hold(): void {
    const { clock } = this.#shared
    if (this.#shared.leave(this))
      this.#own = clock.startTimer(this.callback, Math.max(0, this.at - clock.monotonicTime()))
    this.#own?.hold()
  }
}

interface SharedTimer {
  readonly clock: Clock
  /** Whether it was still waiting. */
  leave(one: Waiting): boolean
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

  const shared = { clock, leave }
  return {
    wallTime: () => clock.wallTime(),
    monotonicTime: () => clock.monotonicTime(),
    random: () => clock.random(),
    startTimer(callback, delay, purpose) {
      if (purpose !== undefined) return clock.startTimer(callback, delay, purpose)
      const one = new Waiting(shared, callback, clock.monotonicTime() + delay)
      waiting.add(one)
      armBy(one.at)
      return one
    }
  }
}
