import type { Clock } from '../clock.ts'
import type { Slot } from '../endpoint-health/admission.ts'
import { pauseBeforeRetry, untilLastTenth } from '../endpoint-health/back-off.ts'
import type { EndpointHealth } from '../endpoint-health/endpoint-health.ts'
import type { Failure } from '../endpoint-health/failure.ts'
import { ClientClosedError, type ErrorCode, TokenClientError } from '../errors.ts'
import type { TokenSource } from '../token/token-source.ts'
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

/** The attempts of one flight. */
export interface Attempts {
  /** How many milliseconds the flight may take. */
  readonly timeout: number
  ask(flight: Deadline, slot: Slot): Promise<Landing>
  /** From now on a token or a failure of another instance is not an answer. */
  insist(): void
  /** Milliseconds before the next attempt, or undefined if the failed one was the last. */
  pauseBefore(retry: number): number | undefined
  /** The result of the last attempt. */
  readonly failed: FailedAttempt | undefined
}

/** What an attempt waits for, for example a credential, gets a little less than the time of the attempt. */
const nearlyAll = 0.75
const timeIsUp: readonly ErrorCode[] = ['ERR_TIMEOUT', 'ERR_SECRET_UNAVAILABLE']

export function attemptsOf(entry: Entry, options: AttemptsOptions): Attempts {
  const { source, clock, timeout, endpoint, failures } = options
  const { request, kept, usableUntil, endsAt } = entry
  const moment = clock.monotonicTime()
  const isUsable = usableUntil > moment + endOfLife
  const isFirst = entry.failure === undefined && endpoint.failure === undefined
  const inHand = usableUntil > moment ? kept?.token : undefined
  const rejected = kept !== undefined && kept.refusedBy !== 'nobody' ? kept.token : undefined
  const longest = longestFlight(endsAt - moment, isUsable, timeout)
  let failure: Failure | undefined
  let failed: FailedAttempt | undefined
  let isInsisted = false
  const insists = () => isInsisted

  /** With a token that still works, one attempt gets all the time. Otherwise time is left for a second attempt, unless the first one had too little. */
  function timeOfOne(): number {
    return isUsable || endpoint.isSlow ? longest : timeOfAttempt(timeout)
  }

  function report(error: unknown, sentAt: number, given: number, slot: Slot): void {
    if (!(error instanceof TokenClientError) || error instanceof ClientClosedError) return
    const took = clock.monotonicTime() - sentAt
    const wasCutOff = timeIsUp.includes(error.code) && took >= nearlyAll * given && given >= timeOfAttempt(timeout)
    failed = { error, sentAt, since: failed?.since ?? clock.monotonicTime(), wasCutOff }
    failure = failures.attemptFailed(entry, failed, slot)
  }

  return {
    timeout: longest,
    get failed() {
      return failed
    },
    async ask({ left, signal, awaits }, slot) {
      const sentAt = now(clock)
      const maxWait = Math.min(timeOfOne(), left())
      try {
        const asked = source.token(request, { signal, maxWait, rejected, inHand, insists, awaits })
        const token = await leaveOnAbort(Promise.resolve(asked), { signal, maxWait: undefined }, clock) // also when the source takes no notice
        const landedAt = now(clock)
        endpoint.answered(landedAt.monotonic - sentAt.monotonic > timeOfAttempt(timeout))
        if (token.expiresAt > token.obtainedAt) return { token, sentAt, landedAt }
        endsBy(entry, token, landedAt.monotonic)
        throw tokenEnded()
      } catch (error) {
        report(error, sentAt.monotonic, maxWait, slot)
        throw error
      }
    },
    insist() {
      isInsisted = true
    },
    pauseBefore(retry) {
      return isFirst && failure !== undefined ? pauseBeforeRetry(retry, failure, clock) : undefined
    }
  }
}

const longestInBackground = 30_000
/** A token that expires within this time does not help: callers need the next one before the server could answer that it has none. */
const endOfLife = 1000

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
