import type { Clock } from '../clock.ts'

const budgetSize = 10
const budgetRefillEvery = 10_000

/** Limits second and third attempts, so that an outage does not triple the load on the server. */
export class RetryBudget {
  readonly #clock: Clock
  #left = budgetSize
  #countedAt: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#countedAt = clock.monotonicTime()
  }

  take(): boolean {
    const earned = Math.floor((this.#clock.monotonicTime() - this.#countedAt) / budgetRefillEvery)
    this.#left = Math.min(budgetSize, this.#left + earned)
    this.#countedAt += earned * budgetRefillEvery
    if (this.#left === 0) return false
    this.#left -= 1
    return true
  }

  /** A success fills the budget again. */
  refill(): void {
    this.#left = budgetSize
  }
}
