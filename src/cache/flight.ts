import { AsyncLocalStorage } from 'node:async_hooks'
import type { Clock } from '../clock.ts'
import { TokenClientError } from '../errors.ts'
import type { RefreshReason } from '../events.ts'
import { pause } from '../http/pause.ts'
import { type RetryBudget, withRetries } from '../http/retry.ts'
import type { AccessToken } from '../token/access-token.ts'
import type { TokenRequest } from '../token/token-request.ts'
import type { TokenSource } from '../token/token-source.ts'
import { type Now, now } from './now.ts'

export interface FlightPlan {
  readonly request: TokenRequest
  /** The kept token that a resource server has refused: the source is asked for a newer one. */
  readonly rejected: AccessToken | undefined
  readonly reason: RefreshReason
  /** Milliseconds before the first attempt: two flights of one key keep a gap. */
  readonly startIn: number
  readonly source: TokenSource
  readonly clock: Clock
  /** Milliseconds for the whole flight; one attempt gets half of it. */
  readonly timeout: number
  readonly budget: RetryBudget
  /** Aborted when the client closes. */
  readonly closing: AbortSignal
  /** The source has given a token of which it says that it has ended. */
  readonly ended: (token: AccessToken) => void
}

/** What a flight brought. */
export interface Landing {
  readonly token: AccessToken
  /** From before the request was sent: life counts from here. */
  readonly sentAt: Now
}

/** One token request for one key, whoever asked. It has its own deadline, and nobody's abort ends it. */
export interface Flight {
  readonly reason: RefreshReason
  /** Monotonic ms. */
  readonly startedAt: number
  readonly attempts: number
  readonly landing: Promise<Landing>
  /** Somebody waits for it: it may try more than once, and the process stays alive until it ends. */
  hold(): void
  /** Somebody who held it has left: without any other it makes no further attempt. */
  release(): void
}

/** A last attempt ends just after its flight, whose error names the whole time; what is part of the attempt, a credential say, ends before. */
const overhang = 1.05

// A flight serves many requests: it must not run in the context of the one that happened to start it.
const outsideRequests = AsyncLocalStorage.snapshot()

export function startFlight(plan: FlightPlan): Flight {
  return outsideRequests(() => fly(plan))
}

function fly(plan: FlightPlan): Flight {
  const { request, rejected, reason, startIn, source, clock, timeout, budget, closing } = plan
  const startedAt = clock.monotonicTime() + startIn
  const deadline = startedAt + timeout
  const ending = new AbortController()
  const close = () => ending.abort(closing.reason)
  closing.addEventListener('abort', close)
  const timer = clock.startTimer(() => ending.abort(tooLong(timeout, lastError)), startIn + timeout, 'deadline')
  let waiting = 0
  let attempts = 0
  let lastError: unknown

  async function attempt(): Promise<Landing> {
    attempts += 1
    const sentAt = now(clock)
    const maxWait = Math.min(timeout / 2, overhang * (deadline - sentAt.monotonic))
    const asking = { signal: ending.signal, maxWait, rejected }
    try {
      const token = await source.token(request, asking)
      if (token.expiresAt > token.obtainedAt) return { token, sentAt }
      plan.ended(token)
      throw endedToken()
    } catch (error) {
      lastError = error
      throw error
    }
  }

  async function attemptInTurn(): Promise<Landing> {
    if (startIn > 0) await pause(clock, startIn, ending.signal)
    return withRetries(attempt, { clock, budget, deadline, awaited: () => waiting > 0, signal: ending.signal })
  }

  const ended = new Promise<never>((_, reject) => {
    ending.signal.addEventListener('abort', () => reject(ending.signal.reason), { once: true })
  })
  const landing = Promise.race([attemptInTurn(), ended]).finally(() => {
    timer.cancel()
    closing.removeEventListener('abort', close)
  })

  return {
    reason,
    startedAt,
    get attempts() {
      return attempts
    },
    landing,
    hold() {
      waiting += 1
      timer.hold()
    },
    release() {
      waiting -= 1
    }
  }
}

function tooLong(timeout: number, cause: unknown): TokenClientError {
  const before = cause instanceof TokenClientError ? ` The attempt before: ${cause.message}` : ''
  const message = `No token came within the timeout of ${timeout} ms.${before}`
  return new TokenClientError('ERR_TIMEOUT', message, { transient: true, cause })
}

/** A server that gives one token until it ends can give it for a moment longer: the next one comes soon. */
function endedToken(): TokenClientError {
  const message = 'The authorization server answered with a token that has ended.'
  return new TokenClientError('ERR_SAME_TOKEN', message, { transient: true, retryAfter: 500 })
}
