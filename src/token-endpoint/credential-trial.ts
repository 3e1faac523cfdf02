import type { Clock } from '../clock.ts'
import { again, isRefusalOfCredential, TokenClientError } from '../errors.ts'
import { leaveOnAbort } from '../waiting/leave-on-abort.ts'

/** Milliseconds for which a credential that the server has just taken needs no new trial. */
const trust = 10_000
/** Milliseconds that the others wait for a trial: a server that is slow for one need not be slow for all. */
const longestTrial = 1000

/** Runs a token request, alone or beside others. With the signal nobody waits for it any more. */
export type Trial = <Result>(request: () => Promise<Result>, signal: AbortSignal) => Promise<Result>

/**
 * While nobody knows whether the server takes the credential, one request tries it and the others wait for the outcome:
 * a dead one is refused once or twice, however many keys are asked for at the same time, and no account is locked.
 */
export function credentialTrial(clock: Clock): Trial {
  let trial: Promise<unknown> | undefined
  let trustedUntil = Number.NEGATIVE_INFINITY

  async function run<Result>(request: () => Promise<Result>): Promise<Result> {
    try {
      const result = await request()
      trustedUntil = clock.monotonicTime() + trust
      return result
    } catch (error) {
      if (isRefusalOfCredential(error)) trustedUntil = Number.NEGATIVE_INFINITY
      throw error
    }
  }

  async function tryAlone<Result>(request: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
    try {
      const running = leaveOnAbort(run(request), { signal, maxWait: undefined }, clock) // a credential that never comes must not hold the next ones
      trial = running
      return await running
    } finally {
      trial = undefined
    }
  }

  return async (request, signal) => {
    if (clock.monotonicTime() < trustedUntil) return run(request)
    if (trial === undefined) return tryAlone(request, signal)
    await leaveOnAbort(trial, { signal, maxWait: longestTrial }, clock).catch((error) => {
      if (signal.aborted) throw signal.reason
      if (isRefusalOfCredential(error) || asksForPause(error)) throw again(error, error.retryAfter)
    })
    return run(request)
  }
}

/** The server has asked for it, and not for one token alone. */
function asksForPause(error: unknown): error is TokenClientError {
  return error instanceof TokenClientError && (error.retryAfter ?? 0) > 0
}
