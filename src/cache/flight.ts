import { AsyncLocalStorage } from 'node:async_hooks'
import type { Clock } from '../clock.ts'
import type { Slot } from '../endpoint-health/admission.ts'
import { TokenClientError } from '../errors.ts'
import type { RefreshReason } from '../events.ts'
import { type Awaited, type Deadline, startDeadline, tooSlow } from '../waiting/deadline.ts'
import type { Ending } from '../waiting/ending.ts'
import { pause } from '../waiting/pause.ts'
import { type RetryBudget, withRetries } from '../waiting/retry.ts'
import type { Landing } from './kept-token.ts'

export interface FlightPlan {
  readonly reason: RefreshReason
  /** Milliseconds before the first attempt, because there must be a gap between two flights of one key. */
  readonly startIn: number
  /** Milliseconds for the whole flight. */
  readonly timeout: number
  readonly takeSlot: (signal: AbortSignal) => Slot | Promise<Slot | undefined>
  /** Makes one attempt, which lasts until the end of the flight at most. */
  readonly ask: (flight: Deadline, slot: Slot) => Promise<Landing>
  /** Milliseconds before another attempt; undefined when there is none. */
  readonly pauseBefore: (retry: number, error: TokenClientError) => number | undefined
  readonly budget: RetryBudget
  readonly clock: Clock
  /** Aborted when the client closes. */
  readonly closing: Ending
}

/** One token request with its retries for one key, whoever asked for it. It has its own deadline, and no caller's abort ends it. */
export interface Flight {
  readonly reason: RefreshReason
  /** Monotonic ms. */
  readonly startedAt: number
  /** Monotonic ms at which it ends at the latest. */
  readonly endsAt: number
  readonly attempts: number
  readonly landing: Promise<Landing>
  /** Called for a caller that waits. The flight may then try more than once, and the process stays alive until it ends. */
  readonly waiting: number
  hold(): void
  /** A caller has left. If no other caller waits, the flight makes no further attempt and no longer keeps the process alive. */
  release(): void
}

/** The server turned out to be ill before this flight had sent a request. */
export class TurnedAway extends Error {}

// A flight serves many callers, so it must not run in the context of the one that happened to start it.
const outsideRequests = AsyncLocalStorage.snapshot()

export function startFlight(plan: FlightPlan): Flight {
  return outsideRequests(() => fly(plan))
}

function fly(plan: FlightPlan): Flight {
  const { reason, startIn, timeout, takeSlot, ask, pauseBefore, budget, clock, closing } = plan
  let startedAt = clock.monotonicTime() + startIn
  const timedOut = (awaited: Awaited | undefined) => tooLong(timeout, awaited, lastError)
  const deadline = startDeadline({ clock, timeout: startIn + timeout, timedOut, signals: [closing] })
  const { signal, endsAt } = deadline
  let slot: Slot | undefined
  let waiting = 0
  let attempts = 0
  let lastError: unknown

  async function attempt(from: Slot): Promise<Landing> {
    attempts += 1
    try {
      return await ask(deadline, from)
    } catch (error) {
      lastError = error
      deadline.awaits(undefined)
      throw error
    }
  }

  async function attemptFrom(from: Slot): Promise<Landing> {
    const wait = Math.max(startedAt, from.startAt) - clock.monotonicTime()
    if (wait > 0) await pause(clock, wait, signal)
    startedAt = Math.max(startedAt, clock.monotonicTime())
    return withRetries(() => attempt(from), {
      clock,
      budget,
      endsAt,
      signal,
      pauseBefore: (retry, error) => (waiting > 0 ? pauseBefore(retry, error) : undefined),
      mayGoOn: () => from.mayGoOn(signal)
    })
  }

  async function attemptInTurn(): Promise<Landing> {
    const taking = takeSlot(signal)
    slot = taking instanceof Promise ? await taking : taking
    if (slot === undefined) throw new TurnedAway()
    if (!signal.aborted) return attemptFrom(slot)
    slot.release()
    throw signal.reason
  }

  const landing = attemptInTurn().finally(() => {
    deadline.stop()
    slot?.release()
  })

  return {
    reason,
    endsAt,
    landing,
    get startedAt() {
      return startedAt
    },
    get attempts() {
      return attempts
    },
    get waiting() {
      return waiting
    },
    hold() {
      waiting += 1
      deadline.hold()
    },
    release() {
      waiting -= 1
      if (waiting === 0) deadline.letGo()
    }
  }
}

function tooLong(timeout: number, awaited: Awaited | undefined, cause: unknown): TokenClientError {
  const after = cause instanceof TokenClientError ? ` The previous attempt: ${cause.message}` : ''
  return tooSlow(`No token came within the timeout of ${Math.round(timeout)} ms`, awaited, { after, cause })
}
