import type { Clock } from '../clock.ts'
import type { Slot } from '../endpoint-health/admission.ts'
import { pauseBeforeRetry, untilLastTenth } from '../endpoint-health/back-off.ts'
import type { EndpointHealth } from '../endpoint-health/endpoint-health.ts'
import type { Failure } from '../endpoint-health/failure.ts'
import { ClientClosedError, type ErrorCode, TokenClientError } from '../errors.ts'
import type { Asking, TokenSource } from '../token/token-source.ts'
import type { Deadline } from '../waiting/deadline.ts'
import { leaveOnAbort } from '../waiting/leave-on-abort.ts'
import { timeOfAttempt } from '../waiting/retry.ts'
import { type Entry, endsBy } from './entry.ts'
import type { FailedAttempt, FailureMemory } from './failure-memory.ts'
import type { Landing } from './kept-token.ts'
import { now } from './now.ts'

export interface AttemptsOptions {
  readonly source: TokenSource
  readonly clock: Clock
  /** Milliseconds for a flight for which callers wait. */
  readonly timeout: number
  readonly endpoint: EndpointHealth
  readonly failures: FailureMemory
}

/** What an attempt waits for, for example a credential, gets a little less than the time of the attempt. */
const nearlyAll = 0.75
const timeIsUp: readonly ErrorCode[] = ['ERR_TIMEOUT', 'ERR_SECRET_UNAVAILABLE']
const longestInBackground = 30_000
/** A token that expires within this time does not help: callers need the next one before the server could answer that it has none. */
const endOfLife = 1000

/** The attempts of one flight. What they ask for is decided when the flight starts. */
export class Attempts {
  /** How many milliseconds the flight may take. */
  readonly timeout: number
  readonly #cache: AttemptsOptions
  readonly #entry: Entry
  /** The kept token still works when the flight starts. */
  readonly #isUsable: boolean
  /** No failure is remembered when the flight starts. */
  readonly #isFirst: boolean
  readonly #asking: Pick<Asking, 'rejected' | 'inHand' | 'insists'>
  #isInsisted = false
  #failed: FailedAttempt | undefined
  #failure: Failure | undefined

  constructor(entry: Entry, options: AttemptsOptions) {
    const { clock, timeout, endpoint } = options
    const { kept, usableUntil, endsAt } = entry
    const moment = clock.monotonicTime()
    this.#cache = options
    this.#entry = entry
    this.#isUsable = usableUntil > moment + endOfLife
    this.#isFirst = entry.failure === undefined && endpoint.failure === undefined
    this.#asking = {
      rejected: kept !== undefined && kept.refusedBy !== 'nobody' ? kept.token : undefined,
      inHand: usableUntil > moment ? kept?.token : undefined,
      insists: () => this.#isInsisted
    }
    this.timeout = longestFlight(endsAt - moment, this.#isUsable, timeout)
  }

  /** The failure of the last attempt. */
  get failed(): FailedAttempt | undefined {
    return this.#failed
  }

  /** From now on a token or a failure of another instance is not an answer. */
  insist(): void {
    this.#isInsisted = true
  }

  /** Milliseconds before the next attempt, or undefined if the failed one was the last. */
  pauseBefore(retry: number): number | undefined {
    if (!this.#isFirst || this.#failure === undefined) return undefined
    return pauseBeforeRetry(retry, this.#failure, this.#cache.clock)
  }

  /** Makes one attempt, which lasts until the end of the flight at most. */
  async ask({ left, signal, awaits }: Deadline, slot: Slot): Promise<Landing> {
    const { source, clock, timeout, endpoint } = this.#cache
    const sentAt = now(clock)
    const maxWait = Math.min(this.#timeOfOne(), left())
    try {
      const asked = source.token(this.#entry.request, { signal, maxWait, ...this.#asking, awaits })
      const token = await leaveOnAbort(Promise.resolve(asked), { signal, maxWait: undefined }, clock) // also when the source takes no notice
      const landedAt = now(clock)
      endpoint.answered(landedAt.monotonic - sentAt.monotonic > timeOfAttempt(timeout))
      if (token.expiresAt > token.obtainedAt) return { token, sentAt, landedAt }
      endsBy(this.#entry, token, landedAt.monotonic)
      throw tokenEnded()
    } catch (error) {
      this.#report(error, sentAt.monotonic, maxWait, slot)
      throw error
    }
  }

  /** With a token that still works, one attempt gets all the time. Otherwise time is left for a second attempt, unless the first one had too little. */
  #timeOfOne(): number {
    const { timeout, endpoint } = this.#cache
    return this.#isUsable || endpoint.isSlow ? this.timeout : timeOfAttempt(timeout)
  }

  #report(error: unknown, sentAt: number, given: number, slot: Slot): void {
    if (!(error instanceof TokenClientError) || error instanceof ClientClosedError) return
    const { clock, timeout, failures } = this.#cache
    const failedAt = clock.monotonicTime()
    const tookAll = failedAt - sentAt >= nearlyAll * given && given >= timeOfAttempt(timeout)
    const wasCutOff = timeIsUp.includes(error.code) && tookAll
    const firstAttemptFailedAt = this.#failed?.firstAttemptFailedAt ?? failedAt
    this.#failed = { error, sentAt, firstAttemptFailedAt, wasCutOff }
    this.#failure = failures.attemptFailed(this.#entry, this.#failed, slot)
  }
}

/** No caller waits for a refresh in the background, but such a flight must not last beyond the end of the token, when callers need another one. */
function longestFlight(remaining: number, isUsable: boolean, timeout: number): number {
  if (remaining <= endOfLife) return timeout
  const inTime = untilLastTenth(remaining)
  if (!isUsable) return Math.min(timeout, inTime)
  return Math.min(longestInBackground, Math.max(remaining / 2, Math.min(inTime, endOfLife)))
}

/** A server that returns the same token until it expires may return it for a moment longer. The next token will come soon. */
function tokenEnded(): TokenClientError {
  const message = 'The authorization server answered with a token that has expired.'
  return new TokenClientError('ERR_SAME_TOKEN', message, { transient: true })
}
