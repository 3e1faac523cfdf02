import type { Clock, Timer } from '../clock.ts'
import type { Rejected } from '../events.ts'

type EmitTold = (name: 'rejected', event: Rejected) => void

/** How many reported refusals are remembered. */
const rememberedAtMost = 100
/** Milliseconds between two events of the same refusal. */
const interval = 10_000

/** A refusal that was reported, and the number of calls that were refused in the same way since. */
interface Told {
  event: Omit<Rejected, 'count'>
  calls: number
}

/**
 * Reports each refusal when it first happens, and then every ten seconds how often it happened, because a resource server that refuses every call
 * must not flood the listeners.
 */
export class CountedRejections {
  readonly #emit: EmitTold
  readonly #clock: Clock
  /** Made when something is first refused. */
  #told: Map<string, Told> | undefined
  #timer: Timer | undefined

  constructor(emit: EmitTold, clock: Clock) {
    this.#emit = emit
    this.#clock = clock
  }

  add(event: Omit<Rejected, 'count'>): void {
    const { serial, origin, status, error, neededScope } = event
    const name = JSON.stringify([serial, origin, status, error, neededScope])
    this.#told ??= new Map()
    const known = this.#told.get(name)
    if (known === undefined) {
      this.#makeRoom(this.#told)
      this.#told.set(name, { event, calls: 0 })
      this.#emit('rejected', { ...event, count: 1 })
      return
    }
    known.calls += 1
    this.#timer ??= this.#clock.startTimer(() => this.#tellAll(), interval)
  }

  stop(): void {
    this.#timer?.cancel()
    this.#told = undefined
  }

  #tell(refusal: Told): void {
    const { event, calls } = refusal
    refusal.calls = 0
    if (calls > 0) this.#emit('rejected', { ...event, count: calls })
  }

  #tellAll(): void {
    this.#timer = undefined
    for (const refusal of this.#told?.values() ?? []) this.#tell(refusal)
  }

  #makeRoom(told: Map<string, Told>): void {
    const [oldest] = told
    if (oldest === undefined || told.size < rememberedAtMost) return
    told.delete(oldest[0])
    this.#tell(oldest[1])
  }
}
