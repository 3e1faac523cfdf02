import type { ErrorCode, TokenClientError } from '../../src/errors.ts'
import { minute, second } from './units.ts'

// The second law of waiting, written down a second time: from its page, not from the code that keeps it.

export interface Interval {
  readonly least: number
  readonly most: number
}

/** What the law wants to know of a failure. */
export type Failing = Pick<TokenClientError, 'code' | 'transient' | 'retryAfter' | 'status' | 'oauthError'>

export interface Situation {
  readonly error: Failing
  /** Monotonic ms: the wait counts from then on. */
  readonly at: number
  /** Failed flights in a row, this one included. */
  readonly failures: number
  /** Milliseconds since the first failure in a row that left somebody without a token to rely on, as far as it can be known. */
  readonly outage: Interval
  /** Milliseconds that the token in hand still lives; undefined without any. */
  readonly remaining: number | undefined
  /** A resource server has refused it: it sets no pace, and its end counts all the same. */
  readonly isRefused: boolean
  /** How often in a row the server has asked for a pause, at most. */
  readonly pauses: number
  /** The credential, or the endpoint, has worked before. */
  readonly hasWorked: boolean
}

/** For how long nobody may start another flight. */
function lawfulWait(situation: Situation): Interval {
  const { error, remaining, pauses } = situation
  const own = error.transient ? transientWait(situation) : permanentWait(situation)
  const asked = pauseOf(error.retryAfter ?? 0)
  const spread = Math.min(asked * 2 ** (pauses - 1), 64 * asked, longestPause)
  const wait = { least: Math.max(own.least, asked), most: Math.max(own.most, asked + spread) }
  if (remaining === undefined) return wait
  // Whether the one probe that may break a long pause has been sent for another key, nobody can tell from here.
  if (asked > minute) return { least: Math.min(wait.least, remaining), most: wait.most }
  const last = lastAttempt(remaining)
  return {
    least: Math.max(asked, Math.min(wait.least, last.least)),
    most: Math.max(asked, Math.min(wait.most, last.most))
  }
}

/** The moments between which that wait ends. */
export function lawfulEnd(situation: Situation): Interval {
  const { least, most } = lawfulWait(situation)
  return { least: situation.at + least, most: situation.at + most }
}

/** After a refusal of the client another kind of token, which lives so long, does not ask sooner. */
export function waitOfOthers(life: number): number {
  return Math.min(10 * second, life / 10)
}

/** A server may ask for a pause of that length at most, and its spread is no longer. Milliseconds. */
export const longestPause = 5 * minute

/** The pause that a `Retry-After` asks for. */
export function pauseOf(retryAfter: number): number {
  return Math.min(retryAfter, longestPause)
}

/** A pause of up to a minute is obeyed to the second. */
export function isStrict(asked: number): boolean {
  return asked <= minute
}

/** "One attempt falls in the last tenth of the token's remaining life", a second before the end where the life allows. */
function lastAttempt(remaining: number): Interval {
  if (remaining > 10 * second) return { least: 0.9 * remaining, most: remaining - second }
  const wait = Math.max(remaining - second, Math.min(remaining, second))
  return { least: wait, most: wait }
}

function transientWait(situation: Situation): Interval {
  const { remaining, isRefused } = situation
  const wait = remaining === undefined || isRefused ? waitWithoutToken(situation) : waitWithToken(remaining)
  const { least, most } = leastOf(situation)
  return { least: Math.max(wait.least, least), most: Math.max(wait.most, most) }
}

function waitWithToken(remaining: number): Interval {
  const share = Math.min(Math.max(remaining / 16, Math.min(5 * second, remaining / 4)), 10 * minute)
  return { least: Math.max(second, share / 2), most: Math.max(second, share) }
}

function waitWithoutToken({ outage }: Situation): Interval {
  return { least: ceilingWithoutToken(outage.least) / 2, most: ceilingWithoutToken(outage.most) }
}

/** The draw is between half of this and all of it. */
export function ceilingWithoutToken(outage: number): number {
  return Math.min(Math.max(outage / 10, 2 * second), 20 * second)
}

/** What does not pass in seconds. */
function leastOf({ error, hasWorked, isRefused }: Situation): Interval {
  // The same token again for the refused one: thirty seconds. One that ends in this moment comes again for a moment only.
  if (error.code === 'ERR_SAME_TOKEN') return { least: 0, most: isRefused ? 30 * second : 0 }
  if (hasWorked) return { least: 0, most: 0 }
  const wait = error.code === 'ERR_TLS_ERROR' ? 30 * second : error.status === 403 && !error.oauthError ? minute : 0
  return { least: wait, most: wait }
}

const credentialRefused: readonly ErrorCode[] = ['ERR_INVALID_CLIENT', 'ERR_CLIENT_AUTHENTICATION_FAILED']

function permanentWait({ error, failures, hasWorked }: Situation): Interval {
  const seconds =
    hasWorked && credentialRefused.includes(error.code) ? [10, 30, 60, 120, 240, 480] : [60, 120, 240, 480]
  const wait = (seconds[failures - 1] ?? 600) * second
  return { least: wait, most: wait }
}

/** The last stretch of a life, in which a token is replaced before it is used. */
export function guardOf(life: number): number {
  return Math.min(Math.min(Math.max(0.01 * life, 5 * second), minute), 0.2 * life)
}

const aboutServer: readonly ErrorCode[] = [
  ...(['ERR_TIMEOUT', 'ERR_NETWORK', 'ERR_CONNECTION_RESET', 'ERR_TLS_ERROR', 'ERR_SERVER_ERROR'] as const),
  ...([
    'ERR_RATE_LIMITED',
    'ERR_TEMPORARILY_UNAVAILABLE',
    'ERR_UNEXPECTED_CONTENT_TYPE',
    'ERR_MALFORMED_BODY'
  ] as const),
  ...([
    'ERR_ENDPOINT_NOT_FOUND',
    'ERR_PROXY_REFUSED',
    'ERR_REDIRECT_REFUSED',
    'ERR_DISCOVERY_FAILED',
    'ERR_BODY_TOO_LARGE',
    'ERR_UNEXPECTED_CONTENT_ENCODING'
  ] as const)
]

const othersOfClient: readonly ErrorCode[] = [
  'ERR_UNAUTHORIZED_CLIENT',
  'ERR_UNSUPPORTED_GRANT_TYPE',
  'ERR_SECRET_UNAVAILABLE'
]

/** The server refuses the client whatever it asks for, or there is no credential. */
export function isClients({ code }: Failing): boolean {
  return credentialRefused.includes(code) || othersOfClient.includes(code)
}

/** A failure that is remembered for the server, and not for what was asked of it. */
export function isServers({ code, status = 0, oauthError }: Failing): boolean {
  if (status === 403 && oauthError !== undefined && !oauthError.includes(' ')) return false
  return aboutServer.includes(code) || (code === 'ERR_UNEXPECTED_STATUS' && ![400, 402, 406, 409, 422].includes(status))
}
