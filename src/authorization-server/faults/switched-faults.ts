import { isBytes } from '../../realm.ts'
import { type Condition, type FaultName, type FaultValues, faultKinds } from './fault-kinds.ts'
import type { FaultQueue, FaultReach } from './fault-queue.ts'

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

export interface SwitchedFaultsOptions {
  readonly queue: FaultQueue
  readonly condition: Condition
  /** Breaks the open connections when the server goes down. */
  readonly breakConnections: () => void
  /** Epoch ms. */
  readonly now: () => number
}

/** A fault as it was switched on. How often it has acted is known to the queue. */
interface SwitchedFault {
  readonly id: number
  readonly fault: FaultName
  readonly values: FaultValues
  readonly since: number
  /** It is a fault of the whole server, which is not in the queue. */
  readonly ofServer: boolean
}

/** The faults that are on. Faults of single requests are in the queue, and faults of the whole server are in its condition. */
export class SwitchedFaults {
  readonly #options: SwitchedFaultsOptions
  readonly #listeners: ((sentence: string) => void)[] = []
  #switched: SwitchedFault[] = []
  #lastId = 0

  constructor(options: SwitchedFaultsOptions) {
    this.#options = options
  }

  /** Returns the id of the fault. */
  set(name: FaultName, values: FaultValues, reach: FaultReach = {}): number {
    const { make, put } = faultKinds[name]
    const id = ++this.#lastId
    if (make !== undefined) this.#options.queue.set(id, name, make(values as never), reach)
    if (put !== undefined) this.#change(name, put(values as never))
    this.#forgetEnded()
    const since = this.#options.now()
    this.#switched.push({ id, fault: name, values: forReaders(values), since, ofServer: put !== undefined })
    this.#tell(`The fault ${name} is on${reach.at === undefined ? '' : ` at ${reach.at}`}.`)
    return id
  }

  get active(): readonly ActiveFault[] {
    const queued = this.#forgetEnded()
    return this.#switched.map(({ ofServer, ...fault }) => {
      const { at, probability, seed, left, acted = 0 } = queued.get(fault.id) ?? {}
      const reach = at === undefined ? {} : { at, ...(probability !== 1 && { probability, seed }) }
      return { ...fault, ...reach, ...(left !== undefined && { requests: left }), acted } as ActiveFault
    })
  }

  clear(id?: number): void {
    const { queue, condition } = this.#options
    const cleared = this.active.filter((one) => id === undefined || one.id === id)
    queue.clear(id)
    this.#switched = this.#switched.filter((one) => !cleared.some((gone) => gone.id === one.id))
    if (cleared.some(({ fault }) => fault === 'down')) condition.down = false
    if (cleared.some(({ fault }) => fault === 'clockOffset')) condition.clockOffset = 0
    if (cleared.length > 0)
      this.#tell(id === undefined ? 'All faults are off.' : `The fault ${cleared[0]?.fault} is off.`)
  }

  /** Called when a fault is switched on, and when one is cleared. */
  onChange(listener: (sentence: string) => void): void {
    this.#listeners.push(listener)
  }

  /** The whole server has each fault once at most. */
  #change(name: FaultName, changed: Partial<Condition>): void {
    const { condition, breakConnections } = this.#options
    this.#switched = this.#switched.filter(({ fault }) => fault !== name)
    Object.assign(condition, changed)
    if (condition.down) breakConnections()
  }

  /** A fault for a number of requests leaves the queue when it has acted on all of them. Returns what is in the queue, by id. */
  #forgetEnded() {
    const queued = new Map(this.#options.queue.all.map((one) => [one.id, one]))
    this.#switched = this.#switched.filter(({ id, ofServer }) => ofServer || queued.has(id))
    return queued
  }

  #tell(sentence: string): void {
    for (const listener of this.#listeners) listener(sentence)
  }
}

/** Shows bytes as text, because active faults are sent as JSON. */
function forReaders(values: FaultValues): FaultValues {
  const asText = ([name, value]: [string, unknown]) =>
    isBytes(value) ? [name, Buffer.from(value).toString('latin1')] : [name, value]
  return Object.fromEntries(Object.entries(values).map(asText))
}
