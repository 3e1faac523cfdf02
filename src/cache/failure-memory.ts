import type { Clock } from '../clock.ts'
import type { Slot } from '../endpoint-health/admission.ts'
import { notBefore } from '../endpoint-health/back-off.ts'
import type { EndpointHealth } from '../endpoint-health/endpoint-health.ts'
import { type Failure, failureAfter, type Setback } from '../endpoint-health/failure.ts'
import { type Turns, turns } from '../endpoint-health/turns.ts'
import {
  type ErrorCode,
  isAboutServer,
  isOAuthError,
  isRefusalOfCredential,
  isUnclear,
  type TokenClientError
} from '../errors.ts'
import { type AccessToken, originOf } from '../token/access-token.ts'
import type { TokenSource } from '../token/token-source.ts'
import { broughtNews } from '../waiting/brought-news.ts'
import type { Ending } from '../waiting/ending.ts'
import { type Entry, type KeyFailure, newEntry } from './entry.ts'

/** Why no flight may start, and until which moment in monotonic ms. */
export interface Barrier {
  readonly error: TokenClientError
  readonly notBefore: number
}

export interface FailedAttempt {
  readonly error: TokenClientError
  readonly sentAt: number
  /** When the first attempt of its flight failed. */
  readonly firstAttemptFailedAt: number
  /** Whether the attempt used all of its time. */
  readonly wasCutOff: boolean
}

export interface FailedFlight extends Pick<FailedAttempt, 'error' | 'sentAt' | 'firstAttemptFailedAt'> {
  /** How many milliseconds the failure will certainly last. The default depends on its code. */
  readonly leastWait?: number | undefined
}

/** With these codes, as with a refused credential, the server refuses the client, whatever it asked for. */
const refusalsOfTheClient: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ERR_UNAUTHORIZED_CLIENT',
  'ERR_UNSUPPORTED_GRANT_TYPE'
])

export interface FailureMemoryOptions {
  readonly clock: Clock
  /** Aborted when the client closes. */
  readonly closing: Ending
  readonly endpoint: EndpointHealth
  /** Says whether the credential differs now from those that the server has refused. */
  readonly source: Pick<TokenSource, 'changed'>
}

/** A refusal of the client, or a credential that did not come, and the key whose request failed. */
interface Refusal extends Failure {
  readonly by: Entry
  readonly turns: Turns
  /** The credential has changed, so it is tried at once. */
  readonly isLifted: boolean
}

const gapBetweenReadings = 1000
const never = Number.NEGATIVE_INFINITY
/** Another key does not ask sooner after a refusal of the client, so that ten thousand keys do not all try a refused credential. */
const gapBetweenKeys = 10_000
const leastGap = 1000

/** Remembers failures, so that a failing authorization server is not asked again and again. Moments are monotonic ms. */
export class FailureMemory {
  readonly #cache: FailureMemoryOptions
  #refusal: Refusal | undefined
  #hasWorked = false
  /** When the authorization server last gave this client a token. */
  #grantedAt = never
  #reading: Promise<boolean> | undefined
  #readAt = never

  constructor(options: FailureMemoryOptions) {
    this.#cache = options
  }

  /** The last failure that keeps the key from its next token, if no success has followed it. */
  of(entry: Entry): Failure | undefined {
    return this.#refusal ?? entry.failure ?? (entry.kept === undefined ? this.#cache.endpoint.failure : undefined)
  }

  /** What forbids a flight at that moment. A caller without a token may start one when a refresh in the background may not. */
  barring(entry: Entry, moment: number, isAwaited = false): Barrier | undefined {
    const until = this.barredUntil(entry, isAwaited)
    if (moment >= until) return undefined
    this.#cache.endpoint.turnedAway(entry)
    this.#refusal?.turns.turnedAway(entry)
    return { error: this.#reason(entry, until), notBefore: until }
  }

  /** Until when failures without a later success forbid flights, or have forbidden them. It is negative infinity if there are none. */
  barredUntil(entry: Entry, isAwaited = false): number {
    return Math.max(this.#untilByClient(entry), untilByKey(entry), this.#cache.endpoint.notBefore(entry, isAwaited))
  }

  /** The same for a refusal of the client, if the key were forgotten. A key that has had a token may ask at the end of that token. */
  barredUntilIfForgotten({ request }: Entry): number {
    return this.#untilByClient(newEntry(request))
  }

  /** An attempt has failed. What it says about the server is valid from now on. */
  attemptFailed(entry: Entry, attempt: FailedAttempt, slot: Slot): Failure {
    const { error, sentAt, wasCutOff } = attempt
    const { clock, endpoint } = this.#cache
    const setback = this.#setbackOf(entry, error, sentAt, endpoint.hasAnswered)
    if (isAboutServer(error) || isUnclear(error)) endpoint.failedFor(entry)
    else if (isOAuthError(error)) endpoint.answered(wasCutOff)
    if (this.#blame(entry, attempt) === 'server') return endpoint.failed(slot, setback, wasCutOff)
    return failureAfter(entry.failure, setback, clock)
  }

  /** The flight has failed. This records what it says about the key or about the client. */
  flightFailed(entry: Entry, flight: FailedFlight): KeyFailure {
    const { clock, endpoint } = this.#cache
    const { error, sentAt, leastWait } = flight
    const of = this.#blame(entry, flight)
    const setback = this.#setbackOf(entry, error, sentAt, of === 'client' ? this.#hasWorked : endpoint.hasAnswered)
    if (of === 'client') {
      const refusal = failureAfter(this.#refusal, setback, clock)
      this.#refusal = { ...refusal, by: entry, turns: turns(refusal), isLifted: false }
    }
    return { ...failureAfter(entry.failure, { ...setback, leastWait }, clock), of }
  }

  /** A token has arrived. Returns whether that ends a refusal of the client. */
  succeeded(token: AccessToken): boolean {
    const wasRefused = this.#refusal !== undefined
    this.#refusal = undefined
    this.#hasWorked = true
    if (originOf(token) === 'endpoint') this.#grantedAt = this.#cache.clock.monotonicTime()
    return wasRefused
  }

  /**
   * While a refused credential is the reason to wait, it is read again, at most once a second. Resolves with true if it has changed,
   * which ends the wait. Never rejects.
   */
  reconsider(): Promise<boolean> {
    const moment = this.#cache.clock.monotonicTime()
    if (this.#refusal === undefined || !isRefusalOfCredential(this.#refusal.error)) return Promise.resolve(false)
    if (moment >= this.#readAt + gapBetweenReadings) {
      this.#readAt = moment
      this.#reading = this.#readAgain(this.#refusal)
    }
    return this.#reading ?? Promise.resolve(false)
  }

  async #readAgain(refused: Refusal): Promise<boolean> {
    const { clock, closing } = this.#cache
    const isLifted = await broughtNews(this.#changed(), clock, closing)
    this.#reading = undefined
    if (isLifted && this.#refusal === refused) this.#refusal = { ...refused, isLifted }
    return isLifted
  }

  async #changed(): Promise<boolean> {
    return (await this.#cache.source.changed?.()) ?? false
  }

  #untilByClient(entry: Entry): number {
    const refusal = this.#refusal
    if (refusal === undefined || refusal.isLifted) return never
    const moment = refusal.turns.after(notBefore(refusal, entry), entry)
    if (refusal.by === entry) return moment
    const gap = refusal.error.transient ? leastGap : Math.min(gapBetweenKeys, Math.max(leastGap, entry.life / 10))
    return Math.max(moment, refusal.failedAt + gap)
  }

  /** The failure that causes the wait. */
  #reason(entry: Entry, until: number): TokenClientError {
    const byOthers = until === untilByKey(entry) ? entry.failure : this.#cache.endpoint.failure
    const failure = until === this.#untilByClient(entry) ? this.#refusal : byOthers
    return (failure as Failure).error
  }

  /**
   * The server has answered other keys since it failed for this key, so it is not the server that is ill. That stays true until this key gets
   * an answer, or until many keys fail.
   */
  #isIllAlone({ failure }: Entry, firstAttemptFailedAt: number): boolean {
    const { endpoint } = this.#cache
    if (endpoint.wellAt > firstAttemptFailedAt) return true
    if (failure === undefined || !isAboutServer(failure.error)) return false
    return endpoint.wellAt > failure.failedAt || (failure.of === 'request' && !endpoint.isInDoubt)
  }

  /** The same for a refusal of the client. It has got tokens for other keys since. */
  #isRefusedAlone({ failure }: Entry): boolean {
    if (failure === undefined || !isRefusalOfClient(failure.error)) return false
    return this.#grantedAt > failure.failedAt || (failure.of === 'request' && this.#refusal === undefined)
  }

  #blame(entry: Entry, { error, firstAttemptFailedAt }: FailedFlight): KeyFailure['of'] {
    if (error.code === 'ERR_SECRET_UNAVAILABLE') return 'client'
    if (isRefusalOfClient(error)) return this.#isRefusedAlone(entry) ? 'request' : 'client'
    if (isAboutServer(error)) return this.#isIllAlone(entry, firstAttemptFailedAt) ? 'request' : 'server'
    return isUnclear(error) && this.#cache.endpoint.isInDoubt ? 'server' : 'request'
  }

  #setbackOf({ usableUntil }: Entry, error: TokenClientError, sentAt: number, hasWorked: boolean): Setback {
    return { error, failedAt: this.#cache.clock.monotonicTime(), sentAt, usableUntil, hasWorked }
  }
}

function isRefusalOfClient(error: TokenClientError): boolean {
  return refusalsOfTheClient.has(error.code) || isRefusalOfCredential(error)
}

function untilByKey(entry: Entry): number {
  return entry.failure?.of === 'request' ? notBefore(entry.failure, entry) : never
}
