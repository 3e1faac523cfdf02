/**
 * A queue of events for up to millions of instances, with one event for each. Events of the same second share a list. The current second is divided
 * into a hundred lists. So adding and taking an event takes constant time, however many instances there are.
 */
export interface Calendar {
  /** Adds an event at `moment`, in milliseconds. An event after the end of the simulation never happens. */
  add(instance: number, moment: number): void
  momentOf(instance: number): number
  /** Visits all instances in the order of their events, exact to a hundredth of a second. Events can be added during the run. */
  run(visit: (instance: number) => void): void
}

const none = -1
const parts = 100

export function calendar(instances: number, seconds: number): Calendar {
  const later = new Int32Array(seconds).fill(none)
  const soon = new Int32Array(parts).fill(none)
  const next = new Int32Array(instances).fill(none)
  const moments = new Float64Array(instances)
  let now = none
  let part = 0

  function add(instance: number, moment: number): void {
    moments[instance] = moment
    const second = Math.floor(moment / 1000)
    if (second === now) put(soon, Math.max(part, Math.floor(((moment % 1000) * parts) / 1000)), instance)
    else if (second < seconds) put(later, second, instance)
  }

  function put(lists: Int32Array, index: number, instance: number): void {
    next[instance] = lists[index] ?? none
    lists[index] = instance
  }

  function take(lists: Int32Array, index: number, visit: (instance: number) => void): void {
    for (let instance = lists[index] ?? none; instance !== none; instance = lists[index] ?? none) {
      lists[index] = next[instance] ?? none
      visit(instance)
    }
  }

  return {
    add,
    momentOf: (instance) => moments[instance] ?? Number.NaN,
    run(visit) {
      for (let second = 0; second < seconds; second += 1) {
        now = second
        part = 0
        take(later, second, (instance) => add(instance, moments[instance] ?? 0))
        for (part = 0; part < parts; part += 1) take(soon, part, visit)
      }
    }
  }
}
