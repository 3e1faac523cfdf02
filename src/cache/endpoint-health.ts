import type { Clock } from '../clock.ts'
import { type LastToken, notBefore } from './back-off.ts'
import { type Door, door, type Place } from './door.ts'
import { askedPause, type Failure, failureAfter, type Setback } from './failure.ts'

/**
 * How an authorization server is doing, for all keys of all clients that reach it over the same connections: one server is one
 * patient. While it is ill, one request at a time finds out whether it is well again.
 */
export interface EndpointHealth extends Pick<Door, 'enter' | 'enterBehind' | 'withdraw'> {
  /** The failure that no good answer has followed. */
  readonly failure: Failure | undefined
  /** Monotonic ms of the last answer that showed the server well. */
  readonly wellAt: number
  /** It has taken longer than half of the time that it was given: the next attempt gets all of it. */
  readonly isSlow: boolean
  readonly hasAnswered: boolean
  /**
   * The monotonic moment before which it is not asked for that key. A caller without a token, for a key that is asked for the first
   * time, need not wait out the failure of another one.
   */
  notBefore(key: LastToken, isAwaited?: boolean): number
  /** Somebody was told to wait: the key that was asked for last lets others go first. */
  turnedAway(key: object): void
  /** Calls back each time that the server is found well again. Gives the function that stops it. */
  whenWell(callback: () => void): () => void
  /** The server has answered, if only to refuse: it is well. */
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

/** Milliseconds between two requests that find out. */
const gapBetweenProbes = 1000
/** A timer can fire so many milliseconds before its time. */
const earliness = 5

export function endpointHealth(clock: Clock): EndpointHealth {
  let illness: Illness | undefined
  let wellAt = Number.NEGATIVE_INFINITY
  let isSlow = false
  const hopeful = new Set<() => void>()
  /** A long pause that was broken: until then no other one is. */
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

  /** One key has failed and this is another one: nobody knows yet whether all would, unless the server has asked for a pause. */
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
