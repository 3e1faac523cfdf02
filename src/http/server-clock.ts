import type { Clock } from '../clock.ts'
import { limits } from '../limits.ts'
import type { Answer } from './exchange.ts'
import { parseHttpDate } from './http-date.ts'
import { isSecure } from './secure-url.ts'

const second = 1000
const mostOffset = 24 * 3600 * second

/** A server's clock, by which it judges the date of an assertion or a proof. The life of a token never depends on it. */
export interface ServerClock {
  /** Epoch ms, as the server has it; this machine's own while the two agree or the server's is not known. */
  now(): number
  /** Reads the `Date` of an answer that came from `url`. True when it shows that what was dated before was dated wrongly. */
  learn(answer: Pick<Answer, 'headers'>, url: string): boolean
}

export function serverClock(clock: Clock): ServerClock {
  return new Offset(clock)
}

class Offset implements ServerClock {
  readonly #clock: Clock
  #offset = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  now(): number {
    return this.#clock.wallTime() + this.#offset
  }

  learn({ headers }: Pick<Answer, 'headers'>, url: string): boolean {
    const clock = this.#clock
    // A cache's answer is as old as its Date, and anybody on the way can write one in plain HTTP.
    if (headers.age !== undefined || !isSecure(new URL(url))) return false
    const date = parseHttpDate(headers.date ?? '', clock.wallTime())
    if (date === undefined) return false

    const difference = date - clock.wallTime()
    if (Math.abs(difference) > mostOffset) return false
    const before = this.#offset
    this.#offset = Math.abs(difference) < limits.clockDifference ? 0 : difference
    return Math.abs(this.#offset - before) >= limits.clockDifference
  }
}
