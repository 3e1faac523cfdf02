import type { Clock } from '../clock.ts'
import { type LastToken, notBefore } from './back-off.ts'
import { type Door, door, type Place } from './door.ts'
import { askedPause, type Failure, failureAfter, type Setback } from './failure.ts'

/**
 * The health of an authorization server, shared by all keys of all clients that reach it over the same connections. While the server is ill,
 * one request at a time finds out whether it works again.
 */
export interface EndpointHealth extends Pick<Door, 'enter' | 'enterBehind' | 'withdraw'> {
  /** The last failure, if no good answer has followed it. */
  readonly failure: Failure | undefined
  /** Monotonic ms of the last answer that showed that the server works. */
  readonly wellAt: number
  /** The server needed more than half of the time of an attempt, so the next attempt gets all of the time. */
  readonly isSlow: boolean
  readonly hasAnswered: boolean
  /**
   * The monotonic moment before which the server gets no request for that key. A caller without a token, for a key that is requested for the first
   * time, does not have to wait because of a failure of another key.
   */
  notBefore(key: LastToken, isAwaited?: boolean): number
  /** A caller was told to wait. The key that was requested last then lets others go first. */
  turnedAway(key: object): void
  /** Calls back each time that the server works again. Returns a function that ends this. */
  whenWell(callback: () => void): () => void
  /** The server has answered, so it works, even if it has refused. */
  answered(wasSlow: boolean): void
  failed(place: Place, setback: Setback, wasCutOff: boolean): Failure
}

interface Illness {
  readonly failure: Failure
  /** Undefined as soon as two different keys have failed. */
  readonly onlyKey: object | undefined
  readonly lastKey: object
  readonly lastPlace: Place
  othersWait: boolean
}

/** Milliseconds between two requests that check whether the server works. */
const gapBetweenProbes = 1000
/** How many milliseconds too early a timer can fire. */
const earliness = 5

export function endpointHealth(clock: Clock): EndpointHealth {
  let illness: Illness | undefined
  let wellAt = Number.NEGATIVE_INFINITY
  let isSlow = false
  const hopeful = new Set<() => void>()
  /** The end of a long pause that was broken. Until then no other pause is broken. */
  let brokenUntil = Number.NEGATIVE_INFINITY

  const places = door({
    clock,
    isIll: () => illness !== undefined,
    isResting: () => isResting(clock.monotonicTime() + earliness),
    beginProbe() {
      const moment = clock.monotonicTime()
      if (illness === undefined) return moment
      if (isResting(moment)) brokenUntil = Math.max(brokenUntil, pauseEnd(illness))
      return Math.max(moment, illness.failure.at + gapBetweenProbes)
    },
    mayProbeNext: (key) => isAnotherKey(key)
  })

  function pauseEnd({ failure }: Illness): number {
    return failure.at + askedPause(failure)
  }

  function isResting(moment: number): boolean {
    return illness !== undefined && pauseEnd(illness) > moment
  }

  /** One key has failed, and this is another one. Nobody knows yet whether all keys would fail, unless the server has asked for a pause. */
  function isAnotherKey(key: object): boolean {
    return illness?.onlyKey !== undefined && illness.onlyKey !== key && illness.failure.pauses === 0
  }

  function waitOf({ failure, lastKey, othersWait }: Illness, key: LastToken): number {
    const moment = notBefore(failure, key, failure.at >= brokenUntil)
    return key === lastKey && othersWait ? moment + gapBetweenProbes : moment
  }

  return {
    get failure() {
      return illness?.failure
    },
    get wellAt() {
      return wellAt
    },
    get hasAnswered() {
      return wellAt > Number.NEGATIVE_INFINITY
    },
    get isSlow() {
      return isSlow
    },
    enter: places.enter,
    enterBehind: places.enterBehind,
    withdraw: places.withdraw,
    notBefore(key, isAwaited = false) {
      if (illness === undefined || (isAwaited && isAnotherKey(key))) return Number.NEGATIVE_INFINITY
      return waitOf(illness, key)
    },
    turnedAway(key) {
      if (illness !== undefined && illness.lastKey !== key) illness.othersWait = true
    },
    whenWell(callback) {
      hopeful.add(callback)
      return () => void hopeful.delete(callback)
    },
    answered(wasSlow) {
      const wasIll = illness !== undefined
      isSlow = wasSlow
      illness = undefined
      wellAt = clock.monotonicTime()
      places.isWell()
      if (wasIll) for (const callback of hopeful) callback()
    },
    failed(place, setback, wasCutOff) {
      if (wasCutOff) isSlow = true
      const former = illness
      const isSameFlight = former?.lastPlace === place
      const failure = failureAfter(former?.failure, { ...setback, isSameFlight }, clock)
      const onlyKey = former === undefined || former.onlyKey === place.key ? place.key : undefined
      illness = { failure, onlyKey, lastKey: place.key, lastPlace: place, othersWait: false }
      places.isIll(place)
      return failure
    }
  }
}
