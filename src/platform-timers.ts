// These are read when this module loads. A test runner may replace the platform's timers and clocks later, and its time stands still.
// Importing node:timers would also load its promises, and reading `performance` would load ten modules of Node: more than a megabyte.

if (typeof globalThis.process?.getBuiltinModule !== 'function') {
  const remedy = 'Use Node, Bun or Deno 2. The verifier service-token-client/resource-server/web needs nothing of Node.'
  throw new Error(`service-token-client needs process.getBuiltinModule. ${remedy}`)
}

// Other platforms have some of Node's modules, and parts of others.
const timers = process.getBuiltinModule('node:timers') ?? globalThis
export const { setTimeout, clearTimeout, setImmediate = (callback: () => void) => setTimeout(callback, 0) } = timers
export const { queueMicrotask } = globalThis

const { now } = Date
export const wallTime: () => number = () => now()

const { hrtime } = process
const [start = undefined] = typeof hrtime === 'function' ? (hrtime() ?? []) : []
/** Milliseconds from an arbitrary start. */
export const monotonicTime: () => number = start === undefined ? () => performance.now() : () => sinceStart(start)

/** We count from here, because the machine may have run for months and only small whole numbers need no memory of their own. */
function sinceStart(start: number): number {
  const [seconds, nanoseconds] = hrtime()
  return (seconds - start) * 1000 + nanoseconds / 1e6
}
