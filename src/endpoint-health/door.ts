import type { Clock } from '../clock.ts'
import { onAbort } from '../waiting/on-abort.ts'

/** The place of a flight that may send token requests. */
export interface Place {
  readonly key: object
  /** A caller without a token waits for this flight. */
  readonly isAwaited: boolean
  /** The monotonic moment at which it may begin. */
  readonly startAt: number
  /** Called before another request from this place. It is false if the server turned out to be ill in the meantime. */
  mayGoOn(signal: AbortSignal): boolean | Promise<boolean>
  leave(): void
}

/** Limits how many token requests go to a server at the same time. Requests for which callers wait go first, and an ill server gets only one. */
export interface Door {
  /** A place for a flight for which callers wait, or undefined if the server turned out to be ill before its turn. */
  enter(key: object, signal: AbortSignal): Place | Promise<Place | undefined>
  /** A place for a flight for which no caller waits. If there is none, it calls back when there may be one. */
  enterBehind(key: object, whenFree: () => void): Place | undefined
  /** No longer calls back for that key. */
  withdraw(key: object): void
  isWell(): void
  /** What a request from this place found out. */
  isIll(place: Place): void
}

export interface DoorRules {
  readonly clock: Clock
  readonly isIll: () => boolean
  /** The server has asked for a pause that is not over. */
  readonly isResting: () => boolean
  /** A request will find out. This is the monotonic moment at which it may begin. */
  beginProbe(): number
  /** The request for another key has failed. A request for this key may show at once whether all keys fail. */
  mayProbeNext(key: object): boolean
}

interface Visit extends Place {
  startAt: number
  hasFailed: boolean
}

interface Waiter {
  readonly visit: Visit
  readonly end: (admitted: boolean) => void
}

const mostAtOnce = 16
/** The other places are reserved for callers. */
const mostBehind = 12

export function door({ clock, isIll, isResting, beginProbe, mayProbeNext }: DoorRules): Door {
  const inside = new Set<Visit>()
  /** Flights for which callers wait, in their order: those that have a place and wait to continue, and those that wait for a place. */
  const paused = new Set<Waiter>()
  const line = new Set<Waiter>()
  const held = new Map<object, () => void>()
  let behind = 0
  let probe: Visit | undefined
  let probeBehind: Visit | undefined

  function visitOf(key: object, isAwaited: boolean): Visit {
    const visit: Visit = {
      key,
      isAwaited,
      startAt: clock.monotonicTime(),
      hasFailed: false,
      mayGoOn: (signal) => mayGoOn(visit, signal),
      leave: () => leave(visit)
    }
    return visit
  }

  function letIn(visit: Visit): Visit {
    inside.add(visit)
    if (!visit.isAwaited) behind += 1
    return visit
  }

  function letProbe(visit: Visit): Visit {
    if (visit.isAwaited) probe = visit
    else probeBehind = visit
    visit.startAt = beginProbe()
    return inside.has(visit) ? visit : letIn(visit)
  }

  function waitIn(waiting: Set<Waiter>, visit: Visit, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const waiter = { visit, end }
      const stay = onAbort(signal, () => end(false))
      waiting.add(waiter)

      function end(admitted: boolean): void {
        waiting.delete(waiter)
        stay()
        resolve(admitted)
      }
    })
  }

  function mayGoOn(visit: Visit, signal: AbortSignal): boolean | Promise<boolean> {
    if (!isIll()) return true
    if (isResting()) return false
    if (visit === probe || visit === probeBehind) return true
    return visit.isAwaited && probe !== undefined && waitIn(paused, visit, signal)
  }

  function leave(visit: Visit): void {
    if (!inside.delete(visit)) return
    if (!visit.isAwaited) behind -= 1
    if (visit === probe) probe = undefined
    if (visit === probeBehind) probeBehind = undefined
    if (!isIll()) letOthersIn()
    else if (probe === undefined) nextProbe(visit.hasFailed)
  }

  function letOthersIn(): void {
    for (const { end } of paused) end(true)
    for (const { visit, end } of line) {
      if (inside.size >= mostAtOnce) return
      letIn(visit)
      end(true)
    }
    for (const [key, whenFree] of held) {
      if (!isRoomBehind()) return
      held.delete(key)
      whenFree()
    }
  }

  function isRoomBehind(): boolean {
    return line.size === 0 && inside.size < mostAtOnce && behind < mostBehind
  }

  /** One request has come to its end. Without a verdict the next in line finds out; a bad one holds for the others. */
  function nextProbe(hasFailed: boolean): void {
    const waiting = [...paused, ...line]
    const next = waiting.find(({ visit }) => !hasFailed || mayProbeNext(visit.key))
    if (next === undefined) for (const { end } of waiting) end(false)
    else {
      letProbe(next.visit)
      next.end(true)
    }
  }

  return {
    enter(key, signal) {
      const visit = visitOf(key, true)
      if (isIll() ? probe === undefined : inside.size < mostAtOnce) return isIll() ? letProbe(visit) : letIn(visit)
      return waitIn(line, visit, signal).then((admitted) => (admitted ? visit : undefined))
    },
    enterBehind(key, whenFree) {
      const isFree = isIll() ? probe === undefined && probeBehind === undefined : isRoomBehind()
      if (!isFree) {
        held.set(key, whenFree)
        return undefined
      }
      return isIll() ? letProbe(visitOf(key, false)) : letIn(visitOf(key, false))
    },
    withdraw: (key) => void held.delete(key),
    isWell() {
      probe = undefined
      probeBehind = undefined
      letOthersIn()
    },
    isIll(place) {
      const visit = place as Visit
      visit.hasFailed = true
      if (visit.isAwaited) probe ??= visit
      else if (probe === undefined) probeBehind ??= visit
    }
  }
}
