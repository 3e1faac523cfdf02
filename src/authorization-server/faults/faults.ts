import { isBytes } from '../../realm.ts'
import type { Answer } from '../http/server-answer.ts'
import type { Alteration } from './fault.ts'
import { type Condition, type FaultName, type FaultValues, faultKinds } from './fault-kinds.ts'
import type { FaultQueue, FaultReach } from './fault-queue.ts'
import { checkedName, invalidFault } from './fault-values.ts'

/** The answer for the fault `answer`. */
export interface FaultAnswer {
  readonly status?: number
  readonly headers?: Answer['headers']
  /** A string or bytes are sent as they are, anything else as JSON. */
  readonly body?: unknown
}

/** A fault that is on. */
export interface ActiveFault extends FaultReach {
  /** The id for `clear(id)`. */
  readonly id: number
  /** The kind of fault, such as `slow`. */
  readonly fault: string
  readonly values: FaultValues
  /** Epoch ms. */
  readonly since: number
  /** How many requests it has acted on. */
  readonly acted: number
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

export interface FaultSwitchesOptions {
  readonly queue: FaultQueue
  readonly condition: Condition
  /** Breaks the open connections when the server goes down. */
  readonly breakConnections: () => void
  /** Epoch ms. */
  readonly now: () => number
}

interface Remembered {
  readonly id: number
  readonly fault: FaultName
  readonly values: FaultValues
  readonly since: number
  readonly ofServer: boolean
}

export function faultSwitches({ queue, condition, breakConnections, now }: FaultSwitchesOptions): FaultSwitches {
  let lastId = 0
  let remembered: Remembered[] = []
  const listeners: ((sentence: string) => void)[] = []

  function tell(sentence: string): void {
    for (const listener of listeners) listener(sentence)
  }

  function set(name: FaultName, given: object, reach: FaultReach = {}): void {
    const { make, put } = faultKinds[name]
    const values = given as FaultValues
    const id = ++lastId
    if (make !== undefined) queue.set(id, name, make(values as never), reach)
    if (put !== undefined) {
      remembered = remembered.filter(({ fault }) => fault !== name)
      Object.assign(condition, put(values as never))
      if (condition.down) breakConnections()
    }
    active() // forgets the faults that have acted on all their requests
    remembered.push({ id, fault: name, values: forReaders(values), since: now(), ofServer: put !== undefined })
    tell(`The fault ${name} is on${reach.at === undefined ? '' : ` at ${reach.at}`}.`)
  }

  function active(): readonly ActiveFault[] {
    const queued = new Map(queue.all.map((one) => [one.id, one]))
    remembered = remembered.filter(({ id, ofServer }) => ofServer || queued.has(id))
    return remembered.map(({ ofServer, ...fault }) => {
      const { at, probability, seed, left, acted = 0 } = queued.get(fault.id) ?? {}
      const reach = at === undefined ? {} : { at, ...(probability !== 1 && { probability, seed }) }
      return { ...fault, ...reach, ...(left !== undefined && { requests: left }), acted } as ActiveFault
    })
  }

  function clear(id?: number): void {
    const cleared = active().filter((one) => id === undefined || one.id === id)
    queue.clear(id)
    remembered = remembered.filter((one) => !cleared.some((gone) => gone.id === one.id))
    if (cleared.some(({ fault }) => fault === 'down')) condition.down = false
    if (cleared.some(({ fault }) => fault === 'clockOffset')) condition.clockOffset = 0
    if (cleared.length > 0) tell(id === undefined ? 'All faults are off.' : `The fault ${cleared[0]?.fault} is off.`)
  }

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
      return active()
    },
    clear,
    set(name, values, reach) {
      set(checkedName(name, values), values, reach)
      const added = active().find(({ id }) => id === lastId)
      if (added === undefined) throw invalidFault('requests is 0, so the fault would not act on any request.')
      return added
    },
    onChange: (listener) => void listeners.push(listener)
  }
}

/** Shows bytes as text, because active faults are sent as JSON. */
function forReaders(values: FaultValues): FaultValues {
  const asText = ([name, value]: [string, unknown]) =>
    isBytes(value) ? [name, Buffer.from(value).toString('latin1')] : [name, value]
  return Object.fromEntries(Object.entries(values).map(asText))
}
