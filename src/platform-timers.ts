// These are read when this module loads. A test runner may replace the platform's timers and clocks later, and its time stands still.
// Importing node:timers would also load its promises, and reading `performance` would load ten modules of Node: more than a megabyte.

export const { setTimeout, clearTimeout, setImmediate } = process.getBuiltinModule('node:timers')
export const { queueMicrotask } = globalThis

const { now } = Date
export const wallTime: () => number = () => now()

const { hrtime } = process
/** We count from here, because the machine may have run for months and only small whole numbers need no memory of their own. */
const [start] = hrtime()
export function monotonicTime(): number {
  const [seconds, nanoseconds] = hrtime()
  return (seconds - start) * 1000 + nanoseconds / 1e6
}
