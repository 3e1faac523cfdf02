import type { Answer } from '../http/server-answer.ts'
import type { Alteration } from './fault.ts'
import type { FaultName, FaultValues } from './fault-kinds.ts'
import type { FaultReach } from './fault-queue.ts'
import { checkedName, invalidFault } from './fault-values.ts'
import { type ActiveFault, SwitchedFaults, type SwitchedFaultsOptions } from './switched-faults.ts'

/** The answer for the fault `answer`. */
export interface FaultAnswer {
  readonly status?: number
  readonly headers?: Answer['headers']
  /** A string or bytes are sent as they are, anything else as JSON. */
  readonly body?: unknown
}

/**
 * Switches faults of the server on and off while it runs. At each endpoint, faults for a number of requests act first, in the order in which they were
 * set. Then the newest fault without a number acts until `clear()`. At most one fault acts on a request; `down` and `clockOffset` act in addition.
 */
export interface Faults {
  /** Breaks open connections, and every new one until `clear()`. */
  down(): void
  /** Delays answers by `ms`. */
  slow(ms: number, reach?: FaultReach): void
  /** Sends the body with one byte each `ms`. */
  drip(ms: number, reach?: FaultReach): void
  /** Accepts requests and never answers them. */
  hang(reach?: FaultReach): void
  /** Resets the connection before the answer. */
  reset(reach?: FaultReach): void
  /** Resets the connection after the head and `count` bytes of the body. */
  resetAtByte(count: number, reach?: FaultReach): void
  /** Sends these bytes as the whole answer, including the status line, and closes the connection. */
  raw(wire: string | Uint8Array, reach?: FaultReach): void
  /** Gives this answer and issues no token. The default of `status` is 200. */
  answer(answer: FaultAnswer, reach?: FaultReach): void
  /** Changes these parts of the real answer. */
  alter(alteration: Alteration, reach?: FaultReach): void
  /** Answers 429. `retryAfter` is in milliseconds, or a string that is sent as the header. */
  rateLimit(limit?: { readonly retryAfter?: number | string }, reach?: FaultReach): void
  /** Answers with a redirect. The default of `status` is 307. */
  redirect(location: string, status?: number, reach?: FaultReach): void
  /** Issues tokens with a lifetime of `ms`. */
  lifetime(ms: number, reach?: FaultReach): void
  /** Returns the last token for the same request again, with its remaining lifetime. */
  sameToken(reach?: FaultReach): void
  /** Refuses every DPoP proof with `use_dpop_nonce` and a new nonce, whatever nonce it contains. */
  staleNonce(reach?: FaultReach): void
  /** Sets the server's clock wrong by `ms`, in tokens and `Date` headers, until `clear()`. */
  clockOffset(ms: number): void
  /** The faults that are on now. */
  readonly active: readonly ActiveFault[]
  /** Switches all faults off, or the one with this id. */
  clear(id?: number): void
}

/** The same switches by their names, for the admin API. */
export interface FaultSwitches extends Faults {
  /** @throws ClientConfigurationError if there is no such fault, or if its values or its reach are not valid */
  set(name: string, values: FaultValues, reach: FaultReach): ActiveFault
  /** Called when a fault is switched on, and when one is cleared. */
  onChange(listener: (sentence: string) => void): void
}

export function faultSwitches(options: SwitchedFaultsOptions): FaultSwitches {
  const switched = new SwitchedFaults(options)
  const set = (name: FaultName, values: object, reach?: FaultReach) =>
    void switched.set(name, values as FaultValues, reach)

  return {
    down: () => set('down', {}),
    slow: (ms, reach) => set('slow', { ms }, reach),
    drip: (ms, reach) => set('drip', { ms }, reach),
    hang: (reach) => set('hang', {}, reach),
    reset: (reach) => set('reset', {}, reach),
    resetAtByte: (count, reach) => set('resetAtByte', { count }, reach),
    raw: (wire, reach) => set('raw', { wire }, reach),
    answer: (answer, reach) => set('answer', answer, reach),
    alter: (alteration, reach) => set('alter', alteration, reach),
    rateLimit: (limit = {}, reach) => set('rateLimit', limit, reach),
    redirect: (location, status, reach) =>
      set('redirect', { location, ...(status !== undefined && { status }) }, reach),
    lifetime: (ms, reach) => set('lifetime', { ms }, reach),
    sameToken: (reach) => set('sameToken', {}, reach),
    staleNonce: (reach) => set('staleNonce', {}, reach),
    clockOffset: (ms) => set('clockOffset', { ms }),
    get active() {
      return switched.active
    },
    clear: (id) => switched.clear(id),
    set(name, values, reach) {
      const id = switched.set(checkedName(name, values), values, reach)
      const added = switched.active.find((one) => one.id === id)
      if (added === undefined) throw invalidFault('requests is 0, so the fault would not act on any request.')
      return added
    },
    onChange: (listener) => switched.onChange(listener)
  }
}
