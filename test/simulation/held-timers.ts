import timers from 'node:timers'

/** Replaces the timers of the platform during a run. The library takes its timers when it is loaded, so this module is loaded first. */
export interface HeldTimers {
  setImmediate(callback: () => void): void
  setTimeout(callback: () => void, delay: number): () => void
}

const { setImmediate, setTimeout, clearTimeout } = timers
let held: HeldTimers | undefined
const ways = new WeakMap<object, () => void>()

export function hold(by: HeldTimers | undefined): void {
  held = by
}

Object.assign(timers, {
  setImmediate(callback: () => void) {
    return held === undefined ? setImmediate(callback) : held.setImmediate(callback)
  },
  setTimeout(callback: () => void, delay: number) {
    if (held === undefined) return setTimeout(callback, delay)
    const timer = {}
    ways.set(timer, held.setTimeout(callback, delay))
    return timer
  },
  clearTimeout(timer: NodeJS.Timeout | undefined) {
    const cancel = timer && ways.get(timer)
    if (cancel === undefined) clearTimeout(timer)
    else cancel()
  }
})
