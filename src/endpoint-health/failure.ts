import type { Clock } from '../clock.ts'
import { isAboutFirewall, isHeard, type TokenClientError } from '../errors.ts'
import { limits } from '../limits.ts'

/** A failure, with everything that decides how long to wait after it. Moments are monotonic ms. */
export interface Failure {
  readonly error: TokenClientError
  readonly sentAt: number
  readonly failedAt: number
  /** The number of failures in a row, including this one. */
  readonly count: number
  /** When the first failure of this row happened. */
  readonly firstFailedAt: number
  /** When the first failure of this row happened that left a caller without a usable token. */
  readonly outageSince: number | undefined
  /** The number of failures since then. Failures while there was a usable token harmed nobody, so they do not make the waits longer. */
  readonly outageCount: number
  /** How often in a row the server has asked for a pause, counted anew when the outage begins. */
  readonly pauses: number
  /** Whether the same request, or its credential, has worked before in this process. */
  readonly hasWorked: boolean
  /** How many milliseconds this failure will certainly last. */
  readonly leastWait: number
  /** Random numbers in [0, 1), chosen once for each failure: where in its interval the wait ends, and how long after the pause of the server. */
  readonly jitter: number
  readonly spread: number
}

/** The attempt that has just failed. Moments are monotonic ms. */
export interface Setback {
  readonly error: TokenClientError
  readonly failedAt: number
  readonly sentAt: number
  /** Until when the key had a usable token. */
  readonly usableUntil: number
  readonly hasWorked: boolean
  /** Whether the former failure was another attempt of the same flight. */
  readonly isSameFlight?: boolean | undefined
  /** How many milliseconds this failure will certainly last. The default depends on its code. */
  readonly leastWait?: number | undefined
}

/** The pause that the server asks for with its `Retry-After`. Milliseconds, 0 for none. */
export function askedPause({ error }: Pick<Failure, 'error'>): number {
  return Math.min(error.retryAfter ?? 0, limits.pause)
}

/** The next failure in a row. If its request was already under way when the previous one failed, it is the same failure, reported twice. */
export function failureAfter(former: Failure | undefined, setback: Setback, clock: Clock): Failure {
  const {
    error,
    failedAt,
    sentAt,
    usableUntil,
    hasWorked,
    isSameFlight = false,
    leastWait = hasWorked ? 0 : leastWaitOf(error)
  } = setback
  const asksForPause = askedPause(setback) > 0
  const isTogether = former !== undefined && sentAt <= former.failedAt && !isSameFlight
  if (isTogether) {
    const isLonger = asksForPause && failedAt + askedPause(setback) > former.failedAt + askedPause(former)
    return isLonger ? { ...former, error, failedAt, pauses: Math.max(former.pauses, 1) } : former
  }

  const isWithoutToken = usableUntil <= failedAt
  const beginsOutage = isWithoutToken && former?.outageSince === undefined
  const isToldAgain = former !== undefined && isHeard(error)
  const one = isSameFlight || isToldAgain ? 0 : 1
  return {
    error,
    sentAt,
    failedAt,
    count: (former?.count ?? 0) + one,
    firstFailedAt: former?.firstFailedAt ?? failedAt,
    outageSince: beginsOutage ? failedAt : former?.outageSince,
    outageCount: beginsOutage ? 1 : (former?.outageCount ?? 0) + (isWithoutToken ? one : 0),
    pauses: (beginsOutage ? 0 : (former?.pauses ?? 0)) + (asksForPause ? 1 : 0),
    hasWorked,
    leastWait,
    jitter: clock.random(),
    spread: clock.random()
  }
}

/** A firewall or a certificate does not change within seconds. If everything has worked before, somebody is probably changing it now. */
function leastWaitOf(error: TokenClientError): number {
  if (error.code === 'ERR_TLS_ERROR') return 30_000
  return isAboutFirewall(error) ? 60_000 : 0
}
