import { AsyncLocalStorage } from 'node:async_hooks'
import type { Clock, Timer } from '../clock.ts'

// A timer with a delay above 2^31-1 ms fires at once, and a long one drifts, so no sleep is longer than this.
const longestSleep = 3_600_000

// The timer lives longer than the request that started it, so it must not keep the context of that request.
const outsideRequests = AsyncLocalStorage.snapshot()

/** The one timer of a client. It calls `wake` at the earliest requested moment, and `wake` returns the next moment. It never keeps the process alive. */
export class Schedule {
  readonly #clock: Clock
  readonly #wake: () => number
  #timer: Timer | undefined
  #next = Number.POSITIVE_INFINITY

  constructor(clock: Clock, wake: () => number) {
    this.#clock = clock
    this.#wake = wake
  }

  /** Wakes at that monotonic moment, or earlier. */
  wakeBy(moment: number): void {
    if (moment < this.#next) this.#arm(moment)
  }

  stop(): void {
    this.#arm(Number.POSITIVE_INFINITY)
  }

  #arm(moment: number): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#next = moment
    if (moment === Number.POSITIVE_INFINITY) return
    const delay = Math.min(Math.max(1, Math.ceil(moment - this.#clock.monotonicTime())), longestSleep)
    this.#timer = outsideRequests(() => this.#clock.startTimer(() => this.#fire(), delay))
  }

  #fire(): void {
    this.#arm(this.#clock.monotonicTime() < this.#next ? this.#next : this.#wake())
  }
}
