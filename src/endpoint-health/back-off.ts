import { type Clock, uniform } from '../clock.ts'
import { isRefusalOfCredential } from '../errors.ts'
import { limits } from '../limits.ts'
import { askedPause, type Failure } from './failure.ts'

const second = 1000
const minute = 60 * second

/** The client always obeys a pause of up to this length. It may break a longer one once. */
const strictPause = minute

/** How long the last token of a key can be used. Moments are monotonic ms. */
export interface LastToken {
  /** Until its end, or until it was refused. */
  readonly usableUntil: number
  readonly endsAt: number
}

/**
 * The monotonic moment of the next token request for the key of that token. No wait of our own reaches beyond the end of the token: one
 * attempt is made in the last tenth of the remaining life, and one is free at the end. The free attempt has already been made if the failed
 * request was sent at the end or later. Only a pause that the server asked for can reach beyond the end.
 */
export function notBefore(failure: Failure, { usableUntil, endsAt }: LastToken, mayBreakPause = true): number {
  const { failedAt, sentAt } = failure
  const remaining = Math.max(0, endsAt - failedAt)
  const asked = askedPause(failure)
  const own = ownWait(failure, usableUntil > failedAt ? remaining : 0)
  const wait = Math.max(own, asked + spreadOf(failure, asked))
  if (sentAt >= endsAt) return failedAt + wait
  if (asked > strictPause) return failedAt + (mayBreakPause ? Math.min(wait, remaining) : wait)
  return failedAt + Math.max(asked, Math.min(wait, lastAttempt(remaining, failure)))
}

const retries: readonly (readonly [least: number, most: number])[] = [
  [100, 500],
  [200, 1000]
]

/** Milliseconds before the second and the third attempt of one flight. */
export function pauseBeforeRetry(retry: number, failure: Failure, clock: Clock): number {
  const [least, most] = retries[retry] ?? [0, 0]
  const asked = askedPause(failure)
  return Math.max(uniform(clock, least, most), asked + spreadOf(failure, asked), failure.leastWait)
}

/** Clients that a server told to wait at the same moment come back at different moments. The more often it asks, the further they spread. */
function spreadOf({ pauses, spread }: Failure, asked: number): number {
  return spread * Math.min(asked * Math.min(2 ** (pauses - 1), 64), limits.pause)
}

function ownWait(failure: Failure, remaining: number): number {
  if (!failure.error.transient) return permanentWait(failure, remaining > 0)
  return Math.max(failure.leastWait, remaining > 0 ? waitWithToken(failure, remaining) : waitWithoutToken(failure))
}

/** While the token works, a slow recovery does no harm, so the wait depends on the remaining life. */
function waitWithToken({ jitter }: Failure, remaining: number): number {
  const share = clamp(remaining / 16, Math.min(5 * second, remaining / 4), 10 * minute)
  return Math.max(second, upperHalf(jitter) * share)
}

/** Long enough for the server, and short in comparison with the outage so far. */
function waitWithoutToken({ jitter, failedAt, outageSince = failedAt }: Failure): number {
  return upperHalf(jitter) * clamp((failedAt - outageSince) / 10, 2 * second, 20 * second)
}

const credentialWaits = [10 * second, 30 * second]

function permanentWait({ error, hasWorked, count, outageCount }: Failure, hasToken: boolean): number {
  const early = hasWorked && isRefusalOfCredential(error) ? credentialWaits : []
  const refusals = hasToken ? count : Math.max(1, outageCount)
  return early[refusals - 1] ?? Math.min(minute * 2 ** (refusals - 1 - early.length), 10 * minute)
}

/** The part of a token's remaining life before its last attempt. No flight that nobody waits for lasts longer. */
export function untilLastTenth(remaining: number): number {
  return 0.9 * remaining
}

/** The attempt in the last tenth of the remaining life, at least a second before the end if possible. */
function lastAttempt(remaining: number, { jitter }: Failure): number {
  const latest = Math.max(remaining - second, Math.min(remaining, second))
  if (remaining <= 10 * second) return latest
  const earliest = untilLastTenth(remaining)
  return earliest + jitter * (latest - earliest)
}

function upperHalf(jitter: number): number {
  return 0.5 + jitter / 2
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high)
}
