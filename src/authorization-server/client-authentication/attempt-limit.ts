import type { Clock } from '../../clock.ts'

const failuresAllowed = 20
const windowLength = 60_000

/** Slows down somebody who guesses secrets (RFC 6749 §2.3.1). */
export interface AttemptLimit {
  /** How many milliseconds the client must wait until its next attempt; 0 if it may try now. */
  wait(clientId: string): number
  failed(clientId: string): void
  succeeded(clientId: string): void
}

interface Failures {
  count: number
  readonly forgottenAt: number
}

/** Allows twenty failures within a minute for each client. */
export function attemptLimit(clock: Clock): AttemptLimit {
  const failures = new Map<string, Failures>()

  function recent(clientId: string): Failures | undefined {
    const kept = failures.get(clientId)
    return kept !== undefined && clock.monotonicTime() < kept.forgottenAt ? kept : undefined
  }

  return {
    wait(clientId) {
      const kept = recent(clientId)
      return kept === undefined || kept.count < failuresAllowed ? 0 : kept.forgottenAt - clock.monotonicTime()
    },
    failed(clientId) {
      const kept = recent(clientId)
      if (kept === undefined) failures.set(clientId, { count: 1, forgottenAt: clock.monotonicTime() + windowLength })
      else kept.count++
    },
    succeeded: (clientId) => void failures.delete(clientId)
  }
}
