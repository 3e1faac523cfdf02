/** Something that happens at one moment of true time, in milliseconds from the start of the run. */
export interface Moment {
  readonly time: number
  readonly order: number
  readonly run: () => void
  /** The moment waits while its doer sleeps. */
  readonly doer: Doer | undefined
}

export interface Doer {
  /** True time. */
  readonly asleepUntil: number
}

/** True time, which only the simulation sees. The order of the moments depends only on the calls made here. */
export interface Timeline {
  readonly now: number
  in(delay: number, run: () => void, doer?: Doer): void
  /** Goes on to the next moment up to `end`; undefined when there is none. */
  next(end: number): Moment | undefined
}

export function timeline(): Timeline {
  const heap: Moment[] = []
  let now = 0
  let order = 0

  function add(time: number, run: () => void, doer: Doer | undefined): void {
    order += 1
    const moment = { time, order, run, doer }
    let at = heap.push(moment) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isBefore(moment, heap[parent] as Moment)) break
      heap[at] = heap[parent] as Moment
      at = parent
    }
    heap[at] = moment
  }

  function takeFirst(): Moment {
    const first = heap[0] as Moment
    const last = heap.pop() as Moment
    if (heap.length === 0) return first
    let at = 0
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      const right = heap[child + 1]
      if (right !== undefined && isBefore(right, heap[child] as Moment)) child += 1
      if (!isBefore(heap[child] as Moment, last)) break
      heap[at] = heap[child] as Moment
      at = child
    }
    heap[at] = last
    return first
  }

  return {
    get now() {
      return now
    },
    in: (delay, run, doer) => add(now + Math.max(0, delay), run, doer),
    next(end) {
      while (heap[0] !== undefined && heap[0].time <= end) {
        const moment = takeFirst()
        now = Math.max(now, moment.time)
        if (moment.doer === undefined || moment.doer.asleepUntil <= now) return moment
        add(moment.doer.asleepUntil, moment.run, moment.doer)
      }
      now = end
      return undefined
    }
  }
}

function isBefore(one: Moment, other: Moment): boolean {
  return one.time < other.time || (one.time === other.time && one.order < other.order)
}
