/** A random source with a seed (mulberry32). The same seed draws the same numbers on every machine. */
export interface Chance {
  /** Draws uniformly from [0, 1). */
  next(): number
  between(low: number, high: number): number
  /** Includes both ends. */
  integer(low: number, high: number): number
  /** Every order of magnitude is equally likely. */
  magnitude(low: number, high: number): number
  happens(probability: number): boolean
  pick<T>(choices: readonly T[]): T
  /** Starts another stream. What is drawn there does not change what is drawn here. */
  fork(): Chance
}

export function chanceOf(seed: number): Chance {
  let state = seed >>> 0

  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  return {
    next,
    between: (low, high) => low + next() * (high - low),
    integer: (low, high) => low + Math.floor(next() * (high - low + 1)),
    magnitude: (low, high) => low * (high / low) ** next(),
    happens: (probability) => next() < probability,
    pick: <T>(choices: readonly T[]) => choices[Math.floor(next() * choices.length)] as T,
    fork: () => chanceOf(Math.floor(next() * 2 ** 32))
  }
}
