/**
 * What happens when, for up to millions of instances: each waits for one moment at a time. The moments of a second lie in one list, and those of the
 * second that is under way in a list for each hundredth of it. So adding and taking cost the same however many there are.
 */
export interface Calendar {
  /** Milliseconds. A moment after the end is never taken. */
  add(instance: number, moment: number): void
  momentOf(instance: number): number
  /** Visits all instances in the order of their moments, to a hundredth of a second; those that are added meanwhile too. */
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
