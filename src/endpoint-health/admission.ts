import type { Clock } from '../clock.ts'
import { onAbort } from '../waiting/on-abort.ts'

/** The permission of one flight to send token requests. */
export interface Slot {
  readonly key: object
  /** A caller without a token waits for this flight. */
  readonly isAwaited: boolean
  /** The monotonic moment at which the first request may be sent. */
  readonly startAt: number
  /** Asked before the first request. It is false if the server has asked for a pause in the meantime. */
  mayStart(): boolean
  /** Asked before each further request. It is false if the server turned out to be ill in the meantime. */
  mayGoOn(signal: AbortSignal): boolean | Promise<boolean>
  release(): void
}

export interface AdmissionRules {
  readonly clock: Clock
  readonly isIll: () => boolean
  /** When the server asked for a pause that is not over, in monotonic ms. */
  readonly restsSince: () => number | undefined
  /** A request will find out whether the server works again. Returns the monotonic moment at which it may be sent. */
  readonly beginProbe: () => number
  /** The request for another key has failed. A request for this key may show at once whether all keys fail. */
  readonly mayProbeNext: (key: object) => boolean
}

interface TakenSlot extends Slot {
  startAt: number
  hasFailed: boolean
}

interface Waiter {
  readonly slot: TakenSlot
  readonly end: (admitted: boolean) => void
}

const mostSlots = 16
/** The other slots are reserved for flights with callers. */
const mostInBackground = 12

/**
 * Limits how many token requests go to a server at the same time. Flights with callers go first. An ill server gets one request, the probe, and all other flights
 * wait for its result.
 */
export class Admission {
  readonly #rules: AdmissionRules
  readonly #taken = new Set<TakenSlot>()
  /** Flights with callers that wait for a slot, in their order. */
  readonly #queue = new Set<Waiter>()
  /** Flights with callers that have a slot and wait to go on, in their order. */
  readonly #paused = new Set<Waiter>()
  /** Refreshes in the background that found no slot, by key. */
  readonly #callbacks = new Map<object, () => void>()
  #takenInBackground = 0
  #probe: TakenSlot | undefined
  /** Callers do not wait for a probe in the background. They send one of their own. */
  #backgroundProbe: TakenSlot | undefined

  constructor(rules: AdmissionRules) {
    this.#rules = rules
  }

  /** A slot for a flight with callers, or undefined if the server turned out to be ill before its turn. */
  takeSlot(key: object, signal: AbortSignal): Slot | Promise<Slot | undefined> {
    const slot = this.#newSlot(key, true)
    const isIll = this.#rules.isIll()
    if (isIll && this.#probe === undefined) return this.#takeForProbe(slot)
    if (!isIll && this.#taken.size < mostSlots) return this.#take(slot)
    return waitIn(this.#queue, slot, signal).then((admitted) => (admitted ? slot : undefined))
  }

  /** A slot for a refresh in the background. If there is none, it calls back when there may be one. */
  takeSlotInBackground(key: object, whenFree: () => void): Slot | undefined {
    const isIll = this.#rules.isIll()
    const isProbing = this.#probe !== undefined || this.#backgroundProbe !== undefined
    if (isIll ? isProbing : !this.#isFreeInBackground()) {
      this.#callbacks.set(key, whenFree)
      return undefined
    }
    const slot = this.#newSlot(key, false)
    return isIll ? this.#takeForProbe(slot) : this.#take(slot)
  }

  /** Does not call back for that key any more. */
  withdraw(key: object): void {
    this.#callbacks.delete(key)
  }

  foundWell(): void {
    this.#probe = undefined
    this.#backgroundProbe = undefined
    this.#admitWaiting()
  }

  /** A request from this slot has found the server ill. The first flight that does so goes on as the probe. */
  foundIll(by: Slot): void {
    const slot = by as TakenSlot
    slot.hasFailed = true
    if (slot.isAwaited) this.#probe ??= slot
    else if (this.#probe === undefined) this.#backgroundProbe ??= slot
  }

  #newSlot(key: object, isAwaited: boolean): TakenSlot {
    const slot: TakenSlot = {
      key,
      isAwaited,
      startAt: this.#rules.clock.monotonicTime(),
      hasFailed: false,
      mayStart: () => (this.#rules.restsSince() ?? Number.NEGATIVE_INFINITY) < slot.startAt,
      mayGoOn: (signal) => this.#mayGoOn(slot, signal),
      release: () => this.#release(slot)
    }
    return slot
  }

  #take(slot: TakenSlot): TakenSlot {
    this.#taken.add(slot)
    if (!slot.isAwaited) this.#takenInBackground += 1
    return slot
  }

  #takeForProbe(slot: TakenSlot): TakenSlot {
    if (slot.isAwaited) this.#probe = slot
    else this.#backgroundProbe = slot
    slot.startAt = this.#rules.beginProbe()
    return this.#taken.has(slot) ? slot : this.#take(slot)
  }

  #mayGoOn(slot: TakenSlot, signal: AbortSignal): boolean | Promise<boolean> {
    const { isIll, restsSince } = this.#rules
    if (!isIll()) return true
    if (restsSince() !== undefined) return false
    if (slot === this.#probe || slot === this.#backgroundProbe) return true
    return slot.isAwaited && this.#probe !== undefined && waitIn(this.#paused, slot, signal)
  }

  #release(slot: TakenSlot): void {
    if (!this.#taken.delete(slot)) return
    if (!slot.isAwaited) this.#takenInBackground -= 1
    if (slot === this.#probe) this.#probe = undefined
    if (slot === this.#backgroundProbe) this.#backgroundProbe = undefined
    if (!this.#rules.isIll()) this.#admitWaiting()
    else if (this.#probe === undefined) this.#probeNext(slot.hasFailed)
  }

  #admitWaiting(): void {
    for (const { end } of this.#paused) end(true)
    for (const { slot, end } of this.#queue) {
      if (this.#taken.size >= mostSlots) return
      this.#take(slot)
      end(true)
    }
    for (const [key, whenFree] of this.#callbacks) {
      if (!this.#isFreeInBackground()) return
      this.#callbacks.delete(key)
      whenFree()
    }
  }

  #isFreeInBackground(): boolean {
    return this.#queue.size === 0 && this.#taken.size < mostSlots && this.#takenInBackground < mostInBackground
  }

  /** The probe has ended. If it has no result, the next flight finds out. If it has failed, that holds for the others too. */
  #probeNext(hasFailed: boolean): void {
    const waiting = [...this.#paused, ...this.#queue]
    const next = waiting.find(({ slot }) => !hasFailed || this.#rules.mayProbeNext(slot.key))
    if (next === undefined) {
      for (const { end } of waiting) end(false)
      return
    }
    this.#takeForProbe(next.slot)
    next.end(true)
  }
}

/** Resolves with false if the signal aborts first. */
function waitIn(waiting: Set<Waiter>, slot: TakenSlot, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const waiter = { slot, end }
    const stopListening = onAbort(signal, () => end(false))
    waiting.add(waiter)

    function end(admitted: boolean): void {
      waiting.delete(waiter)
      stopListening()
      resolve(admitted)
    }
  })
}
