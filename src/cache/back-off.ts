import { type Clock, uniform } from '../clock.ts'
import { isRefusalOfCredential } from '../errors.ts'
import { limits } from '../limits.ts'
import { askedPause, type Failure } from './failure.ts'

const second = 1000
const minute = 60 * second

/** A pause of up to this length is obeyed to the second, and a longer one can be broken once. */
const strictPause = minute

/** What a key's last token is worth. Moments are monotonic ms. */
export interface LastToken {
  /** Until its end, or until it was refused. */
  readonly usableUntil: number
  readonly endsAt: number
}

/**
 * The monotonic moment before which nobody asks again for the key of that token. No wait reaches past its end: one attempt falls in
 * the last tenth of what was left of it, and one is free at the end. The free one has been made when the request that failed was
 * sent at the end or later.
 */
export function notBefore(failure: Failure, { usableUntil, endsAt }: LastToken, mayBreakPause = true): number {
  const { at, sentAt } = failure
  const remaining = Math.max(0, endsAt - at)
  const asked = askedPause(failure)
  const own = ownWait(failure, usableUntil > at ? remaining : 0)
  const wait = Math.max(own, asked + spreadOf(failure, asked))
  if (sentAt >= endsAt) return at + wait
  if (asked > strictPause) return at + (mayBreakPause ? Math.min(wait, remaining) : wait)
  return at + Math.max(asked, Math.min(wait, lastAttempt(remaining, failure)))
}

const retries: readonly (readonly [least: number, most: number])[] = [
  [100, 500],
  [200, 1000]
]

/** Milliseconds before the second and the third attempt of one flight. */
export function pauseBeforeRetry(retry: number, failure: Failure, clock: Clock): number {
  const [least, most] = retries[retry] ?? [0, 0]
  const asked = askedPause(failure)
  return Math.max(uniform(clock, least, most), asked + spreadOf(failure, asked), failure.least)
}

/** The more often a server has to ask, the further apart those come back who were sent away together. */
function spreadOf({ pauses, spread }: Failure, asked: number): number {
  return spread * Math.min(asked * Math.min(2 ** (pauses - 1), 64), limits.pause)
}

function ownWait(failure: Failure, remaining: number): number {
  if (!failure.error.transient) return permanentWait(failure)
  return Math.max(failure.least, remaining > 0 ? waitWithToken(failure, remaining) : waitWithoutToken(failure))
}

/** While the token works, slow recovery costs nothing: the rate follows the life that is left. */
function waitWithToken({ jitter }: Failure, remaining: number): number {
  const share = clamp(remaining / 16, Math.min(5 * second, remaining / 4), 10 * minute)
  return Math.max(second, upperHalf(jitter) * share)
}

/** Long enough to be bearable for the server, and short beside the outage that callers have had already. */
function waitWithoutToken({ jitter, at, outageSince = at }: Failure): number {
  return upperHalf(jitter) * clamp((at - outageSince) / 10, 2 * second, 20 * second)
}

const credentialWaits = [10 * second, 30 * second]

function permanentWait({ error, hasWorked, count }: Failure): number {
  const early = hasWorked && isRefusalOfCredential(error) ? credentialWaits : []
  return early[count - 1] ?? Math.min(minute * 2 ** (count - 1 - early.length), 10 * minute)
}

/** In the last tenth of what is left, and a second before the end where there is one to spare. */
function lastAttempt(remaining: number, { jitter }: Failure): number {
  const latest = Math.max(remaining - second, Math.min(remaining, second))
  if (remaining <= 10 * second) return latest
  const earliest = 0.9 * remaining
  return earliest + jitter * (latest - earliest)
}

function upperHalf(jitter: number): number {
  return 0.5 + jitter / 2
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high)
}
