/** What wants attention at a moment. The agenda writes both fields. */
export interface Appointment {
  /** Monotonic ms. */
  wakeAt: number
  /** Its place in the agenda; -1 when it stands in none. */
  place: number
}

/** Appointments by their moments: a binary heap, so that ten thousand cost hardly more than ten. */
export interface Agenda<Item extends Appointment> {
  /** The moment of the earliest one. */
  readonly next: number
  set(item: Item, moment: number): void
  remove(item: Item): void
  /** Takes out the earliest one whose moment has come. */
  takeDue(moment: number): Item | undefined
}

export function agenda<Item extends Appointment>(): Agenda<Item> {
  const heap: Item[] = []

  function put(item: Item, place: number): void {
    heap[place] = item
    item.place = place
  }

  function rise(item: Item, from: number): void {
    let place = from
    while (place > 0) {
      const parent = heap[(place - 1) >> 1] as Item
      if (parent.wakeAt <= item.wakeAt) break
      put(parent, place)
      place = (place - 1) >> 1
    }
    put(item, place)
  }

  function sink(item: Item, from: number): void {
    let place = from
    for (let child = 2 * place + 1; child < heap.length; child = 2 * place + 1) {
      const right = heap[child + 1]
      if (right !== undefined && right.wakeAt < (heap[child] as Item).wakeAt) child += 1
      const lesser = heap[child] as Item
      if (lesser.wakeAt >= item.wakeAt) break
      put(lesser, place)
      place = child
    }
    put(item, place)
  }

  function remove(item: Item): void {
    const { place } = item
    if (place === -1) return
    item.place = -1
    const last = heap.pop() as Item
    if (last === item) return
    sink(last, place)
    rise(last, last.place)
  }

  return {
    get next() {
      return heap[0]?.wakeAt ?? Number.POSITIVE_INFINITY
    },
    set(item, moment) {
      remove(item)
      if (moment === Number.POSITIVE_INFINITY) return
      // Whole numbers take no memory of their own, and there are thousands of them.
      item.wakeAt = Math.ceil(moment)
      rise(item, heap.length)
    },
    remove,
    takeDue(moment) {
      const [first] = heap
      if (first === undefined || first.wakeAt > moment) return undefined
      remove(first)
      return first
    }
  }
}
