import type { Entry } from './entry.ts'
import { PriorityQueue, type Queued } from './priority-queue.ts'

/** A use at the time when it was recorded. It is checked again only if its entry may be the least recently used one. */
interface NotedUse extends Queued {
  readonly entry: Entry
}

/** The entries in the order of their last use. A use of an entry costs nothing here: the order is put right when an entry is taken. */
export class LeastRecentlyUsed {
  readonly #noted = new PriorityQueue<NotedUse>()
  #newest = 0

  constructor(entries: Iterable<Entry>) {
    for (const entry of entries) this.add(entry)
  }

  get size(): number {
    return this.#noted.size
  }

  add(entry: Entry, lastUse = entry.lastUse): void {
    this.#note({ entry, wakeAt: 0, queueIndex: -1 }, lastUse)
  }

  addAsNewest(entry: Entry): void {
    this.add(entry, this.#newest)
  }

  /** Removes and returns the least recently used entry of those that are kept. */
  take(isKept: (entry: Entry) => boolean): Entry | undefined {
    for (;;) {
      const least = this.#noted.takeDue(Number.POSITIVE_INFINITY)
      if (least === undefined) return undefined
      const { entry, wakeAt } = least
      if (entry.lastUse > wakeAt) this.#note(least, entry.lastUse)
      else if (isKept(entry)) return entry
    }
  }

  /** The number of the use takes the place of a moment in the queue. */
  #note(use: NotedUse, lastUse: number): void {
    this.#noted.set(use, lastUse)
    this.#newest = Math.max(this.#newest, lastUse)
  }
}
