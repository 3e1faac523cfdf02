import { limits } from '../limits.ts'

/** The ends of tokens, as an authorization server has reported them. */
export interface ToldEnds {
  /**
   * How many milliseconds a token lives from the monotonic moment at which its request was sent. It is the earliest end that was ever
   * reported for its value, so a later answer cannot make its life longer. A life of 0 means that a known token has expired, and means
   * nothing for another token. Undefined if no end was reported.
   */
  lifeOf(value: string, told: number | undefined, sentAt: number): number | undefined
}

/** For how many milliseconds the end of an expired token is remembered, because a cache could still return the token. */
const remembered = 3_600_000
/** Milliseconds. Small numbers take no memory of their own. */
const unit = 100

/** Remembers the ends of as many tokens as a client keeps. */
export function toldEnds(): ToldEnds {
  return new Ends()
}

class Ends implements ToldEnds {
  /** Fingerprint of a token → monotonic time in units, in the order in which they were told. */
  readonly #ends = new Map<number, number>()

  lifeOf(value: string, told: number | undefined, sentAt: number): number | undefined {
    const name = fingerprint(value)
    const known = this.#ends.get(name)
    if (known === undefined && !told) return undefined
    const life = Math.min(
      told ?? Number.POSITIVE_INFINITY,
      known === undefined ? Number.POSITIVE_INFINITY : known * unit - sentAt
    )
    this.#note(name, sentAt + life, sentAt)
    return Math.max(0, Math.floor(life))
  }

  #note(name: number, end: number, now: number): void {
    const ends = this.#ends
    ends.delete(name)
    ends.set(name, Math.floor(end / unit))
    for (const [oldest, ended] of ends) {
      if (ends.size <= limits.keys && ended * unit > now - remembered) break
      ends.delete(oldest)
    }
  }
}

/**
 * 53 bits of a text: two of ten thousand tokens share them once in a hundred million clients. It keeps no token in memory that has
 * ended, and needs no cryptography, which a first token would wait for.
 */
function fingerprint(text: string): number {
  let high = 0xdeadbeef
  let low = 0x41c6ce57
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at)
    high = Math.imul(high ^ character, 2654435761)
    low = Math.imul(low ^ character, 1597334677)
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909)
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909)
  return 4294967296 * (2097151 & low) + (high >>> 0)
}
