import type { Clock } from '../clock.ts'
import type { TokenClientError } from '../errors.ts'
import { limits } from '../limits.ts'

/** A failure, and all that the wait after it depends on. Moments are monotonic ms. */
export interface Failure {
  readonly error: TokenClientError
  /** When its request was sent. */
  readonly sentAt: number
  /** When it failed. */
  readonly at: number
  /** Failures in a row, this one included. */
  readonly count: number
  /** When the first of them failed. */
  readonly since: number
  /** When the first of them failed that left somebody without a token to rely on. */
  readonly outageSince: number | undefined
  /** How often in a row the server has asked for a pause. */
  readonly pauses: number
  /** What was asked, or the credential it was asked with, has worked before in this process. */
  readonly hasWorked: boolean
  /** Milliseconds that it does not pass in. */
  readonly least: number
  /** Drawn once for each failure, in [0, 1): where in its interval the wait ends, and how far behind the pause that was asked for. */
  readonly jitter: number
  readonly spread: number
}

/** What has just failed. Moments are monotonic ms. */
export interface Setback {
  readonly error: TokenClientError
  readonly at: number
  /** When the request was sent. */
  readonly sentAt: number
  /** Until when the key had a token to rely on. */
  readonly usableUntil: number
  readonly hasWorked: boolean
  /** The former failure was another attempt of the same flight. */
  readonly isSameFlight?: boolean | undefined
  /** Milliseconds that it does not pass in; by its code unless given. */
  readonly least?: number | undefined
}

/** The pause that the server asks for with its `Retry-After`. Milliseconds, 0 for none. */
export function askedPause({ error }: Pick<Failure, 'error'>): number {
  return Math.min(error.retryAfter ?? 0, limits.pause)
}

/** The next failure in a row. What was under way together with the former one is the same failure, told twice. */
export function failureAfter(former: Failure | undefined, setback: Setback, clock: Clock): Failure {
  const {
    error,
    at,
    sentAt,
    usableUntil,
    hasWorked,
    isSameFlight = false,
    least = hasWorked ? 0 : leastOf(error)
  } = setback
  const asksForPause = askedPause(setback) > 0
  const isTogether = former !== undefined && sentAt <= former.at && !isSameFlight
  if (isTogether) {
    const isLonger = asksForPause && at + askedPause(setback) > former.at + askedPause(former)
    return isLonger ? { ...former, error, at, pauses: Math.max(former.pauses, 1) } : former
  }

  return {
    error,
    sentAt,
    at,
    count: (former?.count ?? 0) + (isSameFlight ? 0 : 1),
    since: former?.since ?? at,
    outageSince: former?.outageSince ?? (usableUntil > at ? undefined : at),
    pauses: (former?.pauses ?? 0) + (asksForPause ? 1 : 0),
    hasWorked,
    least,
    jitter: clock.random(),
    spread: clock.random()
  }
}

/** A firewall and a certificate do not change in seconds, unless all of it has worked before: then somebody is at work there. */
function leastOf({ code, status }: TokenClientError): number {
  if (code === 'ERR_TLS_ERROR') return 30_000
  return code === 'ERR_UNEXPECTED_STATUS' && status === 403 ? 60_000 : 0
}
