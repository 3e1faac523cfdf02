import type { Clock, Timer } from '../clock.ts'
import type { Rejected } from '../events.ts'
import type { EmitRejected } from './rejection.ts'

export interface CountedRejections {
  readonly emit: EmitRejected
  stop(): void
}

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
export function countedRejections(emit: (name: 'rejected', event: Rejected) => void, clock: Clock): CountedRejections {
  const told = new Map<string, Told>()
  let timer: Timer | undefined

  function tell(refusal: Told): void {
    const { event, calls } = refusal
    refusal.calls = 0
    if (calls > 0) emit('rejected', { ...event, count: calls })
  }

  function tellAll(): void {
    timer = undefined
    for (const refusal of told.values()) tell(refusal)
  }

  function makeRoom(): void {
    const [oldest] = told
    if (oldest === undefined || told.size < rememberedAtMost) return
    told.delete(oldest[0])
    tell(oldest[1])
  }

  return {
    emit(_, event) {
      const { serial, origin, status, error, neededScope } = event
      const name = JSON.stringify([serial, origin, status, error, neededScope])
      const known = told.get(name)
      if (known === undefined) {
        makeRoom()
        told.set(name, { event, calls: 0 })
        emit('rejected', { ...event, count: 1 })
        return
      }
      known.calls += 1
      timer ??= clock.startTimer(tellAll, interval)
    },
    stop() {
      timer?.cancel()
      told.clear()
    }
  }
}
