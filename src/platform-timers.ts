// Taken when this module loads: a test runner replaces the platform's timers and clocks later, and its time stands still.
// An import of node:timers would load its promises too, and a look at `performance` ten modules of Node: more than a megabyte.

export const { setTimeout, clearTimeout, setImmediate } = process.getBuiltinModule('node:timers')
export const { queueMicrotask } = globalThis

const { now } = Date
export const wallTime: () => number = () => now()

const { hrtime } = process
/** Counted from here, since small whole numbers take no memory of their own: the machine may have run for months. */
const [start] = hrtime()
export function monotonicTime(): number {
  const [seconds, nanoseconds] = hrtime()
  return (seconds - start) * 1000 + nanoseconds / 1e6
}
