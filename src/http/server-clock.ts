import type { Clock } from '../clock.ts'
import { parseHttpDate } from '../http-date.ts'
import { limits } from '../limits.ts'
import type { Answer } from './exchange.ts'
import { isSecure } from './secure-url.ts'

const second = 1000
const mostOffset = 24 * 3600 * second

/** A server's clock, by which it judges the date of an assertion or a proof. The life of a token never depends on it. */
export interface ServerClock {
  /** Epoch ms, as the server has it; this machine's own while the two agree or the server's is not known. */
  now(): number
  /** The milliseconds by which `now()` is ahead of this machine's clock. */
  readonly offset: number
  /**
   * Reads the `Date` of an answer that came from `url`. True when what was dated with the offset `before` was dated wrongly, also when the
   * answer to another request has shown it. Without `before` it is the offset of now.
   */
  learn(answer: Pick<Answer, 'headers'>, url: string, before?: number): boolean
}

export function serverClock(clock: Clock): ServerClock {
  return new Offset(clock)
}

class Offset implements ServerClock {
  readonly #clock: Clock
  offset = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  now(): number {
    return this.#clock.wallTime() + this.offset
  }

  learn({ headers }: Pick<Answer, 'headers'>, url: string, before = this.offset): boolean {
    const difference = this.#differenceIn(headers, url)
    if (difference !== undefined) this.offset = Math.abs(difference) < limits.clockDifference ? 0 : difference
    return Math.abs(this.offset - before) >= limits.clockDifference
  }

  #differenceIn(headers: Answer['headers'], url: string): number | undefined {
    // A cache's answer is as old as its Date, and anybody on the way can write one in plain HTTP.
    if (headers.age !== undefined || !isSecure(new URL(url))) return undefined
    const wallTime = this.#clock.wallTime()
    const date = parseHttpDate(headers.date ?? '', wallTime)
    return date === undefined || Math.abs(date - wallTime) > mostOffset ? undefined : date - wallTime
  }
}
