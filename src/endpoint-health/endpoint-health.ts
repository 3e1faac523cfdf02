import type { Clock } from '../clock.ts'
import { isUnclear } from '../errors.ts'
import { Admission, type Slot } from './admission.ts'
import { notBefore } from './back-off.ts'
import { askedPause, type Failure, failureAfter, type Setback } from './failure.ts'
import { type Key, type Turns, turns } from './turns.ts'

interface Illness {
  readonly failure: Failure
  /** Undefined as soon as two different keys have failed. */
  readonly onlyKey: object | undefined
  /** The slot of the flight whose failure counts. */
  readonly lastSlot: Slot
  readonly turns: Turns
}

/** Milliseconds between two requests that check whether the server works. */
const gapBetweenProbes = 1000
/** How many milliseconds too early a timer can fire. */
const earliness = 5
/** If more keys than this fail and none succeeds, it is the server. */
const mostIllAlone = 8
const never = Number.NEGATIVE_INFINITY

/**
 * The health of an authorization server, shared by all keys of all clients that reach it over the same connections. While the server is ill,
 * one request at a time finds out whether it works again. Moments are monotonic ms.
 */
export class EndpointHealth {
  readonly #clock: Clock
  readonly #admission: Admission
  readonly #recoveryCallbacks = new Set<() => void>()
  /** Keys that have failed since the last good answer. */
  readonly #failedKeys = new Set<object>()
  #illness: Illness | undefined
  #wellAt = never
  #isSlow = false
  /** The end of a long pause during which a request was sent nevertheless. Until then no other pause is broken. */
  #brokenPauseEndsAt = never

  constructor(clock: Clock) {
    this.#clock = clock
    this.#admission = new Admission({
      clock,
      isIll: () => this.#illness !== undefined,
      restsSince: () => (this.#isResting(clock.monotonicTime() + earliness) ? this.failure?.failedAt : undefined),
      beginProbe: () => this.#beginProbe(),
      mayProbeNext: (key) => this.#isAnotherKey(key)
    })
  }

  /** The last failure, if no good answer has followed it. */
  get failure(): Failure | undefined {
    return this.#illness?.failure
  }

  /** When the server last gave an answer that showed that it works. */
  get wellAt(): number {
    return this.#wellAt
  }

  get hasAnswered(): boolean {
    return this.#wellAt > never
  }

  /** The server needed more than half of the time of an attempt, so the next attempt gets all of the time. */
  get isSlow(): boolean {
    return this.#isSlow
  }

  /** More keys have failed since the last good answer than can be ill alone. */
  get isInDoubt(): boolean {
    return this.#failedKeys.size > mostIllAlone
  }

  takeSlot(key: object, signal: AbortSignal): Slot | Promise<Slot | undefined> {
    return this.#admission.takeSlot(key, signal)
  }

  takeSlotInBackground(key: object, whenFree: () => void): Slot | undefined {
    return this.#admission.takeSlotInBackground(key, whenFree)
  }

  withdraw(key: object): void {
    this.#admission.withdraw(key)
  }

  /**
   * The moment before which the server gets no request for that key. A caller without a token, for a key that is requested for the first time, does not
   * have to wait because of a failure of another key.
   */
  notBefore(key: Key, isAwaited = false): number {
    if (this.#illness === undefined) return never
    const { failure, turns } = this.#illness
    if (isAwaited && this.#mayBeWellFor(key, failure)) return never
    return turns.after(notBefore(failure, key, failure.failedAt >= this.#brokenPauseEndsAt), key)
  }

  /** A caller was told to wait. Keys that have failed later than this one then let it go first. */
  turnedAway(key: Key): void {
    this.#illness?.turns.turnedAway(key)
  }

  /** Calls back each time that the server works again. Returns a function that ends this. */
  whenWell(callback: () => void): () => void {
    this.#recoveryCallbacks.add(callback)
    return () => void this.#recoveryCallbacks.delete(callback)
  }

  /** The server has answered, so it works, even if it has refused. */
  answered(wasSlow: boolean): void {
    const wasIll = this.#illness !== undefined
    this.#isSlow = wasSlow
    this.#illness = undefined
    this.#failedKeys.clear()
    this.#wellAt = this.#clock.monotonicTime()
    this.#admission.foundWell()
    if (wasIll) for (const callback of this.#recoveryCallbacks) callback()
  }

  /** A request for that key has failed. It may be the only one that does. */
  failedFor(key: object): void {
    if (!this.isInDoubt) this.#failedKeys.add(key)
  }

  /** A request from this slot has failed because of the server. */
  failed(slot: Slot, setback: Setback, wasCutOff: boolean): Failure {
    if (wasCutOff) this.#isSlow = true
    const former = this.#illness
    const isSameFlight = former?.lastSlot === slot
    const failure = failureAfter(former?.failure, { ...setback, isSameFlight }, this.#clock)
    const onlyKey = former === undefined || former.onlyKey === slot.key ? slot.key : undefined
    // A request that was already under way reports the same failure a second time, and the flight of that failure can still repeat its own.
    const lastSlot = former?.failure.count === failure.count ? former.lastSlot : slot
    this.#illness = { failure, onlyKey, lastSlot, turns: turns(failure) }
    this.#admission.foundIll(slot)
    return failure
  }

  #beginProbe(): number {
    const moment = this.#clock.monotonicTime()
    if (this.#illness === undefined) return moment
    const { failure } = this.#illness
    if (this.#isResting(moment)) this.#brokenPauseEndsAt = Math.max(this.#brokenPauseEndsAt, pauseEnd(failure))
    return Math.max(moment, failure.failedAt + gapBetweenProbes)
  }

  #isResting(moment: number): boolean {
    return this.#illness !== undefined && pauseEnd(this.#illness.failure) > moment
  }

  /** One key has failed, and this is another one. Nobody knows yet whether all keys would fail, unless the server has asked for a pause. */
  #isAnotherKey(key: object): boolean {
    const { onlyKey, failure } = this.#illness ?? {}
    return onlyKey !== undefined && onlyKey !== key && failure?.pauses === 0
  }

  /** Answers that can be about a request say little about a key that has not failed yet. */
  #mayBeWellFor(key: Key, { error, pauses }: Failure): boolean {
    return this.#isAnotherKey(key) || (isUnclear(error) && key.failure === undefined && pauses === 0)
  }
}

function pauseEnd(failure: Failure): number {
  return failure.failedAt + askedPause(failure)
}
