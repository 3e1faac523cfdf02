/** Something that waits in a queue for its moment. Only the queue writes these fields. */
export interface Queued {
  /** Monotonic ms. */
  wakeAt: number
  /** Its index in the queue, or -1 if it is in none. */
  queueIndex: number
}

/** Hands out the items in the order of their moments. It is a binary heap, so ten thousand items cost hardly more than ten. */
export class PriorityQueue<Item extends Queued> {
  readonly #heap: Item[] = []

  get size(): number {
    return this.#heap.length
  }

  /** The moment of the earliest item. */
  get next(): number {
    return this.#heap[0]?.wakeAt ?? Number.POSITIVE_INFINITY
  }

  set(item: Item, moment: number): void {
    this.remove(item)
    if (moment === Number.POSITIVE_INFINITY) return
    // Whole numbers need no memory of their own, and there are thousands of tokens.
    item.wakeAt = Math.ceil(moment)
    rise(this.#heap, item, this.#heap.length)
  }

  remove(item: Item): void {
    const { queueIndex } = item
    if (queueIndex === -1) return
    item.queueIndex = -1
    const last = this.#heap.pop() as Item
    if (last === item) return
    sink(this.#heap, last, queueIndex)
    rise(this.#heap, last, last.queueIndex)
  }

  /** Removes and returns the earliest item whose moment has come. */
  takeDue(moment: number): Item | undefined {
    const [first] = this.#heap
    if (first === undefined || first.wakeAt > moment) return undefined
    this.remove(first)
    return first
  }
}

function put<Item extends Queued>(heap: Item[], item: Item, index: number): void {
  heap[index] = item
  item.queueIndex = index
}

function rise<Item extends Queued>(heap: Item[], item: Item, from: number): void {
  let index = from
  while (index > 0) {
    const parentIndex = (index - 1) >> 1
    const parent = heap[parentIndex] as Item
    if (parent.wakeAt <= item.wakeAt) break
    put(heap, parent, index)
    index = parentIndex
  }
  put(heap, item, index)
}

function sink<Item extends Queued>(heap: Item[], item: Item, from: number): void {
  let index = from
  for (let child = 2 * index + 1; child < heap.length; child = 2 * index + 1) {
    const right = heap[child + 1]
    if (right !== undefined && right.wakeAt < (heap[child] as Item).wakeAt) child += 1
    const lesser = heap[child] as Item
    if (lesser.wakeAt >= item.wakeAt) break
    put(heap, lesser, index)
    index = child
  }
  put(heap, item, index)
}
