import type { Answer } from '../http/server-answer.ts'
import type { Alteration } from './fault.ts'
import { type Condition, type FaultName, type FaultValues, faultKinds } from './fault-kinds.ts'
import type { FaultQueue, FaultReach } from './fault-queue.ts'
import { checkedName, invalidFault } from './fault-values.ts'

/** An answer that a fault gives. */
export interface FaultAnswer {
  readonly status?: number
  readonly headers?: Answer['headers']
  /** A string or bytes as they are, anything else as JSON. */
  readonly body?: unknown
}

/** A fault that is switched on. */
export interface ActiveFault extends FaultReach {
  /** By which `clear(id)` switches it off. */
  readonly id: number
  /** The name of its switch: `slow`. */
  readonly fault: string
  readonly values: FaultValues
  /** Epoch ms. */
  readonly since: number
  /** How many requests it has acted on. */
  readonly acted: number
}

/**
 * Switches for what can go wrong with an authorization server, live. At each endpoint the faults for a number of requests act first, in the order in
 * which they were set; after them the newest one without a number, until `clear()`. One fault acts on one request. `down` and `clockOffset` act beside them.
 */
export interface Faults {
  /** Open connections are broken, and every new one, until `clear()`. */
  down(): void
  /** Answers come `ms` late. */
  slow(ms: number, reach?: FaultReach): void
  /** The body comes one byte each `ms`. */
  drip(ms: number, reach?: FaultReach): void
  /** Requests are taken and never answered. */
  hang(reach?: FaultReach): void
  /** The connection is reset before a byte of the answer. */
  reset(reach?: FaultReach): void
  /** The connection is reset after the head and `count` bytes of the body. */
  resetAtByte(count: number, reach?: FaultReach): void
  /** These bytes are the whole answer on the wire, status line included; the connection is then closed. */
  raw(wire: string | Uint8Array, reach?: FaultReach): void
  /** This answer, and no token is made. 200 unless `status` says otherwise. */
  answer(answer: FaultAnswer, reach?: FaultReach): void
  /** The real answer with these parts changed. */
  alter(alteration: Alteration, reach?: FaultReach): void
  /** 429; `retryAfter` in milliseconds, or as a string the header as it is to be sent. */
  rateLimit(limit?: { readonly retryAfter?: number | string }, reach?: FaultReach): void
  /** 307 unless `status` says otherwise. */
  redirect(location: string, status?: number, reach?: FaultReach): void
  /** Tokens live for `ms`. */
  lifetime(ms: number, reach?: FaultReach): void
  /** The token that was last given for the same request is given again, with what is left of its life. */
  sameToken(reach?: FaultReach): void
  /** A request with a DPoP proof is told that its nonce is old, and gets another one, whatever it carries. */
  staleNonce(reach?: FaultReach): void
  /** The server's clock is wrong by `ms`, in tokens and `Date` headers, until `clear()`. */
  clockOffset(ms: number): void
  /** Those that are switched on now. */
  readonly active: readonly ActiveFault[]
  /** All is well again; with an id of `active`, that one fault is gone. */
  clear(id?: number): void
}

/** The switches by their names, for those who come over HTTP. */
export interface FaultSwitches extends Faults {
  /** @throws ClientConfigurationError when there is no such fault, or its values or reach cannot be. */
  set(name: string, values: FaultValues, reach: FaultReach): ActiveFault
  /** Called when a fault is switched on, and when one is cleared. */
  onChange(listener: (sentence: string) => void): void
}

export interface FaultSwitchesOptions {
  readonly queue: FaultQueue
  readonly condition: Condition
  /** Ends what is open when the server goes down. */
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
    active() // lets go of those that have had their turns
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
      if (added === undefined) throw invalidFault('requests is 0, so the fault would act on nothing.')
      return added
    },
    onChange: (listener) => void listeners.push(listener)
  }
}

/** Bytes as text: what is on is shown as JSON. */
function forReaders(values: FaultValues): FaultValues {
  const asText = ([name, value]: [string, unknown]) =>
    value instanceof Uint8Array ? [name, Buffer.from(value).toString('latin1')] : [name, value]
  return Object.fromEntries(Object.entries(values).map(asText))
}
