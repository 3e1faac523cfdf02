import type { Clock } from '../clock.ts'
import { again, isRefusalOfCredential, TokenClientError } from '../errors.ts'
import { leaveOnAbort } from '../waiting/leave-on-abort.ts'

/** Milliseconds for which a credential that the server has just taken needs no new trial. */
const trust = 10_000
/** How many milliseconds the others wait for a trial. A server that is slow for one request does not have to delay all of them. */
const longestTrial = 1000

/** Runs a token request, alone or beside others. With the signal nobody waits for it any more. */
export interface Trial {
  run<Result>(request: () => Promise<Result>, signal: AbortSignal): Promise<Result>
}

/**
 * While nobody knows whether the server takes the credential, one request tries it and the others wait for the outcome:
 * a dead one is refused once or twice, however many keys are asked for at the same time, and no account is locked.
 */
export function credentialTrial(clock: Clock): Trial {
  return new InTurn(clock)
}

class InTurn implements Trial {
  readonly #clock: Clock
  #trial: Promise<unknown> | undefined
  #trustedUntil = Number.NEGATIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async run<Result>(request: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
    if (this.#clock.monotonicTime() < this.#trustedUntil) return this.#judged(request)
    if (this.#trial === undefined) return this.#tryAlone(request, signal)
    await leaveOnAbort(this.#trial, { signal, maxWait: longestTrial }, this.#clock).catch((error) => {
      if (signal.aborted) throw signal.reason
      if (isRefusalOfCredential(error) || isUnreadable(error) || asksForPause(error))
        throw again(error, error.retryAfter)
    })
    return this.#judged(request)
  }

  async #judged<Result>(request: () => Promise<Result>): Promise<Result> {
    try {
      const result = await request()
      this.#trustedUntil = this.#clock.monotonicTime() + trust
      return result
    } catch (error) {
      if (isRefusalOfCredential(error)) this.#trustedUntil = Number.NEGATIVE_INFINITY
      throw error
    }
  }

  async #tryAlone<Result>(request: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
    try {
      const running = leaveOnAbort(this.#judged(request), { signal, maxWait: undefined }, this.#clock) // a credential that never comes must not hold the next ones
      this.#trial = running
      return await running
    } finally {
      this.#trial = undefined
    }
  }
}

/** The others would read the same. */
function isUnreadable(error: unknown): error is TokenClientError {
  return error instanceof TokenClientError && error.code === 'ERR_SECRET_UNAVAILABLE'
}

/** The server has asked for it, and not for one token alone. */
function asksForPause(error: unknown): error is TokenClientError {
  return error instanceof TokenClientError && (error.retryAfter ?? 0) > 0
}
