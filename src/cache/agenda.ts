/** Something that needs attention at a certain moment. Only the agenda writes these fields. */
export interface Appointment {
  /** Monotonic ms. */
  wakeAt: number
  /** Its index in the agenda, or -1 if it is in none. */
  place: number
}

/** Appointments, ordered by their moments. It is a binary heap, so ten thousand cost hardly more than ten. */
export interface Agenda<Item extends Appointment> {
  /** The moment of the earliest one. */
  readonly next: number
  set(item: Item, moment: number): void
  remove(item: Item): void
  /** Removes and returns the earliest appointment whose moment has come. */
  takeDue(moment: number): Item | undefined
}

export function agenda<Item extends Appointment>(): Agenda<Item> {
  return new Heap()
}

/** This is a class because every client has several, and each then needs only two fields. */
class Heap<Item extends Appointment> implements Agenda<Item> {
  readonly #items: Item[] = []

  get next(): number {
    return this.#items[0]?.wakeAt ?? Number.POSITIVE_INFINITY
  }

  set(item: Item, moment: number): void {
    this.remove(item)
    if (moment === Number.POSITIVE_INFINITY) return
    // Whole numbers need no memory of their own, and there are thousands of tokens.
    item.wakeAt = Math.ceil(moment)
    rise(this.#items, item, this.#items.length)
  }

  remove(item: Item): void {
    const { place } = item
    if (place === -1) return
    item.place = -1
    const last = this.#items.pop() as Item
    if (last === item) return
    sink(this.#items, last, place)
    rise(this.#items, last, last.place)
  }

  takeDue(moment: number): Item | undefined {
    const [first] = this.#items
    if (first === undefined || first.wakeAt > moment) return undefined
    this.remove(first)
    return first
  }
}

function put<Item extends Appointment>(heap: Item[], item: Item, place: number): void {
  heap[place] = item
  item.place = place
}

function rise<Item extends Appointment>(heap: Item[], item: Item, from: number): void {
  let place = from
  while (place > 0) {
    const parent = heap[(place - 1) >> 1] as Item
    if (parent.wakeAt <= item.wakeAt) break
    put(heap, parent, place)
    place = (place - 1) >> 1
  }
  put(heap, item, place)
}

function sink<Item extends Appointment>(heap: Item[], item: Item, from: number): void {
  let place = from
  for (let child = 2 * place + 1; child < heap.length; child = 2 * place + 1) {
    const right = heap[child + 1]
    if (right !== undefined && right.wakeAt < (heap[child] as Item).wakeAt) child += 1
    const lesser = heap[child] as Item
    if (lesser.wakeAt >= item.wakeAt) break
    put(heap, lesser, place)
    place = child
  }
  put(heap, item, place)
}
