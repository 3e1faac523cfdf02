/** Chance that repeats itself: the same seed gives the same inputs, on every machine. */
export interface Random {
  /** A whole number from 0 up to, and without, `limit`. */
  below(limit: number): number
  pick<Item>(items: readonly Item[]): Item
  /** True once in so many times. */
  oneIn(times: number): boolean
}

/** Weyl sequence and a 32-bit mixer: a few nanoseconds a number, and good enough to choose inputs. */
export function seeded(seed: number): Random {
  let state = seed | 0

  function below(limit: number): number {
    state = (state + 0x9e3779b9) | 0
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return ((((mixed ^ (mixed >>> 15)) >>> 0) * limit) / 0x100000000) | 0
  }

  return {
    below,
    pick: (items) => items[below(items.length)] as (typeof items)[number],
    oneIn: (times) => below(times) === 0
  }
}
