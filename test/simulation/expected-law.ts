import type { ErrorCode, TokenClientError } from '../../src/errors.ts'
import { minute, second } from './units.ts'

// The law of waiting, written a second time from its documentation. Nothing here is taken from the code of the library.

export interface Interval {
  readonly least: number
  readonly most: number
}

/** The parts of an error that the law depends on. */
export type Failing = Pick<TokenClientError, 'code' | 'transient' | 'retryAfter' | 'status' | 'oauthError'>

export interface Situation {
  readonly error: Failing
  /** Monotonic ms. The wait counts from this moment. */
  readonly at: number
  /** How many flights in a row have failed, including this one. */
  readonly failures: number
  /** Milliseconds since the first failure in a row that left a kind of token without a usable token, as far as this can be known. */
  readonly outage: Interval
  /** Milliseconds until the token in hand ends; undefined without a token. */
  readonly remaining: number | undefined
  /** A resource server has refused the token. Then waits are as without a token, except that none goes beyond its end. */
  readonly isRefused: boolean
  /** The server has asked for at most so many pauses in a row. */
  readonly pauses: number
  /** The credential has worked before or, for a failure of the server, the endpoint has. */
  readonly hasWorked: boolean
}

/** How long the library waits before the next flight. Milliseconds. */
function lawfulWait(situation: Situation): Interval {
  const { error, remaining, pauses } = situation
  const own = error.transient ? transientWait(situation) : permanentWait(situation)
  const asked = pauseOf(error.retryAfter ?? 0)
  const spread = Math.min(asked * 2 ** (pauses - 1), 64 * asked, longestPause)
  const wait = { least: Math.max(own.least, asked), most: Math.max(own.most, asked + spread) }
  if (remaining === undefined) return wait
  // One request may break a long pause. It cannot be seen here whether it was sent for another kind of token.
  if (asked > minute) return { least: Math.min(wait.least, remaining), most: wait.most }
  const last = lastAttempt(remaining)
  return {
    least: Math.max(asked, Math.min(wait.least, last.least)),
    most: Math.max(asked, Math.min(wait.most, last.most))
  }
}

/** The earliest and the latest end of that wait. Monotonic ms. */
export function lawfulEnd(situation: Situation): Interval {
  const { least, most } = lawfulWait(situation)
  return { least: situation.at + least, most: situation.at + most }
}

/** How long another kind of token waits at least after a refusal of the client. It depends on the life of its token. */
export function waitOfOthers(life: number): number {
  return Math.min(10 * second, life / 10)
}

/** The library obeys a pause up to this length, and spreads its end by at most as much again. Milliseconds. */
export const longestPause = 5 * minute

/** The pause that a `Retry-After` asks for. */
export function pauseOf(retryAfter: number): number {
  return Math.min(retryAfter, longestPause)
}

/** A pause of up to a minute is always obeyed in full. */
export function isStrict(asked: number): boolean {
  return asked <= minute
}

/** One attempt falls into the last tenth of the token's remaining life, at least a second before its end if the life is long enough. */
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

/** The wait is drawn between half of this and all of it. Milliseconds. */
export function ceilingWithoutToken(outage: number): number {
  return Math.min(Math.max(outage / 10, 2 * second), 20 * second)
}

/** Some failures do not pass within seconds, so they have a least wait. */
function leastOf({ error, hasWorked, isRefused }: Situation): Interval {
  // A server that sends a refused token again is asked again after thirty seconds. A token that is about to end comes again only briefly.
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

/** The length of the last part of a life, in which a token is replaced before it is used. Milliseconds. */
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

/** Whether the failure concerns the client whatever it asks for: the server refuses the client, or there is no credential. */
export function isClients({ code }: Failing): boolean {
  return credentialRefused.includes(code) || othersOfClient.includes(code)
}

/** Whether the failure is remembered for the server and not for the kind of token that was requested. */
export function isServers({ code, status = 0, oauthError }: Failing): boolean {
  if (status === 403 && oauthError !== undefined && !oauthError.includes(' ')) return false
  return aboutServer.includes(code) || (code === 'ERR_UNEXPECTED_STATUS' && ![400, 402, 406, 409, 422].includes(status))
}
