import timers from 'node:timers'

// Taken when this module loads: a test runner replaces the platform's timers and clocks later, and its time stands still.

export const { setTimeout, clearTimeout, setImmediate } = timers
export const { queueMicrotask } = globalThis

const { now } = Date
export const wallTime: () => number = () => now()
export const monotonicTime: () => number = performance.now.bind(performance)
