import type { Clock } from '../clock.ts'
import { type ErrorCode, isAboutServer, isRefusalOfCredential, type TokenClientError } from '../errors.ts'
import { broughtNews } from '../waiting/brought-news.ts'
import { notBefore } from './back-off.ts'
import type { Place } from './door.ts'
import type { EndpointHealth } from './endpoint-health.ts'
import type { Entry, KeyFailure } from './entry.ts'
import { type Failure, failureAfter, type Setback } from './failure.ts'

/** Why and until when, in monotonic ms, nobody starts a flight. */
export interface Barrier {
  readonly error: TokenClientError
  readonly notBefore: number
}

/** What keeps a failing authorization server from being asked again and again. Moments are monotonic ms. */
export interface FailureMemory {
  /** The last failure that no success has followed, and that keeps the key from its next token. */
  of(entry: Entry): Failure | undefined
  /** What forbids a flight at that moment. A caller without a token may be let where a refresh in the background is not. */
  barring(entry: Entry, moment: number, isAwaited?: boolean): Barrier | undefined
  /** Until when the failures that no success has followed forbid flights, or forbade them; negative infinity for none. */
  barredUntil(entry: Entry): number
  /** An attempt has failed: what it says about the server holds from now on. */
  attemptFailed(entry: Entry, attempt: FailedAttempt, place: Place): Failure
  /** The flight has failed: what it says about the key, or about the client. */
  flightFailed(entry: Entry, error: TokenClientError, sentAt: number, least?: number): KeyFailure
  /** Whether it ends a refusal of the client. */
  succeeded(): boolean
  /**
   * While a refused credential is the reason to wait, it is read again, at most once a second: true when another one has come,
   * which lifts the wait. Never rejects.
   */
  reconsider(): Promise<boolean>
}

export interface FailedAttempt {
  readonly error: TokenClientError
  readonly sentAt: number
  /** It took the time that it was given. */
  readonly wasCutOff: boolean
}

/** With these, as with a refused credential, the server means the client, whatever it asked for. */
const refusalsOfTheClient: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ERR_UNAUTHORIZED_CLIENT',
  'ERR_UNSUPPORTED_GRANT_TYPE'
])

export interface FailureMemoryOptions {
  readonly clock: Clock
  /** Aborted when the client closes. */
  readonly closing: AbortSignal
  readonly endpoint: EndpointHealth
  /** Whether the credential is another one now than those that the server has refused. */
  readonly changed: () => Promise<boolean>
}

/** A refusal of the client, and the key that it was told for. */
interface Refusal extends Failure {
  readonly by: Entry
  /** Another credential has come: it is tried at once. */
  readonly isLifted: boolean
}

const gapBetweenReadings = 1000
const never = Number.NEGATIVE_INFINITY
/** Another key asks no sooner after a refusal of the client, lest each of ten thousand try a credential that is dead. */
const gapBetweenKeys = 10_000

export function failureMemory({ clock, closing, endpoint, changed }: FailureMemoryOptions): FailureMemory {
  let refusal: Refusal | undefined
  let hasWorked = false
  let reading = Promise.resolve(false)
  let readAt = Number.NEGATIVE_INFINITY

  async function readAgain(refused: Refusal): Promise<boolean> {
    const isLifted = await broughtNews(changed(), clock, closing)
    reading = Promise.resolve(false)
    if (isLifted && refusal === refused) refusal = { ...refused, isLifted }
    return isLifted
  }

  function untilByClient(entry: Entry): number {
    if (refusal === undefined || refusal.isLifted) return never
    const moment = notBefore(refusal, entry)
    if (refusal.by === entry) return moment
    return Math.max(moment, refusal.at + Math.min(gapBetweenKeys, Math.max(1000, entry.life / 10)))
  }

  function untilByKey(entry: Entry): number {
    return entry.failure?.of === 'request' ? notBefore(entry.failure, entry) : never
  }

  function barredUntil(entry: Entry, isAwaited = false): number {
    return Math.max(untilByClient(entry), untilByKey(entry), endpoint.notBefore(entry, isAwaited))
  }

  /** The failure that the wait is for. */
  function reason(entry: Entry, until: number): TokenClientError {
    const failure =
      until === untilByClient(entry) ? refusal : until === untilByKey(entry) ? entry.failure : endpoint.failure
    return (failure as Failure).error
  }

  /** The server has answered for others since it failed for this key before: it is not the server that is ill. */
  function isIllAlone({ failure }: Entry): boolean {
    return failure !== undefined && isAboutServer(failure.error) && endpoint.wellAt > failure.at
  }

  function blame(entry: Entry, error: TokenClientError): KeyFailure['of'] {
    if (refusalsOfTheClient.has(error.code) || isRefusalOfCredential(error)) return 'client'
    return isAboutServer(error) && !isIllAlone(entry) ? 'server' : 'request'
  }

  function setbackOf({ usableUntil }: Entry, error: TokenClientError, sentAt: number, hasWorked: boolean): Setback {
    return { error, at: clock.monotonicTime(), sentAt, usableUntil, hasWorked }
  }

  return {
    of: (entry) => refusal ?? entry.failure ?? (entry.kept === undefined ? endpoint.failure : undefined),
    barring(entry, moment, isAwaited = false) {
      const until = barredUntil(entry, isAwaited)
      if (moment >= until) return undefined
      endpoint.turnedAway(entry)
      return { error: reason(entry, until), notBefore: until }
    },
    barredUntil,
    attemptFailed(entry, attempt, place) {
      const { error, sentAt, wasCutOff } = attempt
      const setback = setbackOf(entry, error, sentAt, endpoint.hasAnswered)
      if (blame(entry, error) === 'server') return endpoint.failed(place, setback, wasCutOff)
      if (error.oauthError !== undefined) endpoint.answered(wasCutOff)
      return failureAfter(entry.failure, setback, clock)
    },
    flightFailed(entry, error, sentAt, least) {
      const of = blame(entry, error)
      const setback = setbackOf(entry, error, sentAt, of === 'client' ? hasWorked : endpoint.hasAnswered)
      if (of === 'client') refusal = { ...failureAfter(refusal, setback, clock), by: entry, isLifted: false }
      return { ...failureAfter(entry.failure, { ...setback, least }, clock), of }
    },
    succeeded() {
      const wasRefused = refusal !== undefined
      refusal = undefined
      hasWorked = true
      return wasRefused
    },
    reconsider() {
      const moment = clock.monotonicTime()
      if (refusal === undefined || !isRefusalOfCredential(refusal.error)) return Promise.resolve(false)
      if (moment >= readAt + gapBetweenReadings) {
        readAt = moment
        reading = readAgain(refusal)
      }
      return reading
    }
  }
}
