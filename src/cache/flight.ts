import { AsyncLocalStorage } from 'node:async_hooks'
import type { Clock } from '../clock.ts'
import type { Slot } from '../endpoint-health/admission.ts'
import { TokenClientError } from '../errors.ts'
import type { RefreshReason } from '../events.ts'
import { type Awaited, type Deadline, type RunningDeadline, startDeadline, tooSlow } from '../waiting/deadline.ts'
import type { Ending } from '../waiting/ending.ts'
import { pause } from '../waiting/pause.ts'
import { withRetries } from '../waiting/retry.ts'
import type { RetryBudget } from '../waiting/retry-budget.ts'
import type { Landing } from './kept-token.ts'

export interface FlightPlan {
  readonly reason: RefreshReason
  /** Milliseconds before the first attempt, because there must be a gap between two flights of one key. */
  readonly startIn: number
  readonly takeSlot: (signal: AbortSignal) => Slot | Promise<Slot | undefined>
  readonly attempts: {
    /** Milliseconds for the whole flight. */
    readonly timeout: number
    /** Makes one attempt, which lasts until the end of the flight at most. */
    ask(flight: Deadline, slot: Slot): Promise<Landing>
    /** Milliseconds before another attempt; undefined when there is none. */
    pauseBefore(retry: number): number | undefined
  }
  readonly budget: RetryBudget
  readonly clock: Clock
  /** Aborted when the client closes. */
  readonly closing: Ending
}

/** The server turned out to be ill before this flight had sent a request. */
export class TurnedAway extends Error {}

// A flight serves many callers, so it must not run in the context of the one that happened to start it.
const outsideRequests = AsyncLocalStorage.snapshot()

export function startFlight(plan: FlightPlan): Flight {
  return outsideRequests(() => new Flight(plan))
}

/** One token request with its retries for one key, whoever asked for it. It has its own deadline, and no caller's abort ends it. */
export class Flight {
  readonly reason: RefreshReason
  /** Monotonic ms at which it ends at the latest. */
  readonly endsAt: number
  readonly landing: Promise<Landing>
  readonly #plan: FlightPlan
  readonly #deadline: RunningDeadline
  #startedAt: number
  #attempts = 0
  #waiting = 0
  #lastError: unknown

  constructor(plan: FlightPlan) {
    const { reason, startIn, attempts, clock, closing } = plan
    this.#plan = plan
    this.reason = reason
    this.#startedAt = clock.monotonicTime() + startIn
    this.#deadline = startDeadline({
      clock,
      timeout: startIn + attempts.timeout,
      timedOut: (awaited) => tooLong(attempts.timeout, awaited, this.#lastError),
      signals: [closing]
    })
    this.endsAt = this.#deadline.endsAt
    this.landing = this.#run().finally(() => this.#deadline.stop())
  }

  /** Monotonic ms. */
  get startedAt(): number {
    return this.#startedAt
  }

  /** How many attempts have begun. */
  get attempts(): number {
    return this.#attempts
  }

  /** How many callers wait for it. */
  get waiting(): number {
    return this.#waiting
  }

  /** A caller waits. The flight may then try more than once, and the process stays alive until it ends. */
  hold(): void {
    this.#waiting += 1
    this.#deadline.hold()
  }

  /** A caller has left. If no other caller waits, the flight makes no further attempt and no longer keeps the process alive. */
  release(): void {
    this.#waiting -= 1
    if (this.#waiting === 0) this.#deadline.letGo()
  }

  async #run(): Promise<Landing> {
    const { signal } = this.#deadline
    const taking = this.#plan.takeSlot(signal)
    const slot = taking instanceof Promise ? await taking : taking
    if (slot === undefined) throw new TurnedAway()
    try {
      signal.throwIfAborted()
      return await this.#attemptFrom(slot)
    } finally {
      slot.release()
    }
  }

  async #attemptFrom(slot: Slot): Promise<Landing> {
    const { attempts, budget, clock } = this.#plan
    const { signal, endsAt } = this.#deadline
    const wait = Math.max(this.#startedAt, slot.startAt) - clock.monotonicTime()
    if (wait > 0) await pause(clock, wait, signal)
    if (!slot.mayStart()) throw new TurnedAway()
    this.#startedAt = Math.max(this.#startedAt, clock.monotonicTime())
    return withRetries(() => this.#attempt(slot), {
      clock,
      budget,
      endsAt,
      signal,
      pauseBefore: (retry) => (this.#waiting > 0 ? attempts.pauseBefore(retry) : undefined),
      mayGoOn: () => slot.mayGoOn(signal)
    })
  }

  async #attempt(slot: Slot): Promise<Landing> {
    this.#attempts += 1
    try {
      return await this.#plan.attempts.ask(this.#deadline, slot)
    } catch (error) {
      this.#lastError = error
      this.#deadline.awaits(undefined)
      throw error
    }
  }
}

function tooLong(timeout: number, awaited: Awaited | undefined, cause: unknown): TokenClientError {
  const after = cause instanceof TokenClientError ? ` The previous attempt: ${cause.message}` : ''
  return tooSlow(`No token came within the timeout of ${Math.round(timeout)} ms`, awaited, { after, cause })
}
