import type { TokenRequest } from '../token/token-request.ts'
import { type Agenda, type Appointment, agenda } from './agenda.ts'
import { type Entry, newEntry } from './entry.ts'

/** The entries, limited in number, because requests with a scope for each tenant must not fill the memory. */
export interface Entries extends Iterable<Entry> {
  readonly size: number
  get(request: TokenRequest): Entry | undefined
  /** The entry of that key. `get` then finds it without a lookup. */
  named(key: string): Entry | undefined
  /** The entry of that request. A new entry can evict the least recently used one. */
  of(request: TokenRequest): Entry
  delete(entry: Entry): void
  clear(): void
}

export interface EntriesOptions {
  readonly limit: number
  onFull(): void
  /** An entry was removed. */
  onDelete(entry: Entry): void
}

/** How many entries are examined to find one that can be removed. */
const mostLooks = 16

export function boundedEntries(options: EntriesOptions): Entries {
  return new BoundedEntries(options)
}

class BoundedEntries implements Entries {
  readonly #options: EntriesOptions
  readonly #entries = new Map<string, Entry>()
  /** Most callers repeat the same request, so the last entry is found without a lookup. */
  #latest: Entry | undefined
  /** Made when it is first needed. */
  #uses: Uses | undefined

  constructor(options: EntriesOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#entries.size
  }

  get(request: TokenRequest): Entry | undefined {
    return this.#latest?.request === request ? this.#latest : this.named(request.key)
  }

  named(key: string): Entry | undefined {
    this.#latest = this.#entries.get(key)
    return this.#latest
  }

  of(request: TokenRequest): Entry {
    const { limit } = this.#options
    const known = this.#entries.get(request.key)
    if (known !== undefined) return known
    if (this.#entries.size >= limit) this.#makeRoom(limit)
    const entry = newEntry(request)
    this.#entries.set(request.key, entry)
    this.#uses?.add(entry)
    if ((this.#uses?.size ?? 0) > 2 * limit) this.#uses = undefined // Most of them belong to entries that were removed.
    return entry
  }

  delete(entry: Entry): void {
    this.#entries.delete(entry.request.key)
    this.#latest = undefined
    this.#options.onDelete(entry)
  }

  clear(): void {
    this.#entries.clear()
    this.#latest = undefined
    this.#uses = undefined
  }

  [Symbol.iterator](): Iterator<Entry> {
    return this.#entries.values()
  }

  /** An entry with a flight is never evicted, because its key could start a second flight. Flights can exceed the limit while they last. */
  #makeRoom(limit: number): void {
    this.#options.onFull()
    this.#uses ??= usesOf(this)
    for (let looks = 0; this.#entries.size >= limit && looks < mostLooks; looks += 1) {
      const entry = this.#uses.takeLeast((noted) => this.#entries.get(noted.request.key) === noted)
      if (entry === undefined) return
      if (entry.underway === undefined && !entry.pinned) this.delete(entry)
      else this.#uses.addAsNewest(entry)
    }
  }
}

interface Uses {
  readonly size: number
  add(entry: Entry): void
  addAsNewest(entry: Entry): void
  /** Removes the least recently used entry. */
  takeLeast(isKept: (entry: Entry) => boolean): Entry | undefined
}

/** A use at the time when it was recorded. It is checked again only if its entry may be the least recently used one. */
interface NotedUse extends Appointment {
  readonly entry: Entry
}

function usesOf(entries: Iterable<Entry>): Uses {
  const noted: Agenda<NotedUse> = agenda()
  let size = 0
  let newest = 0

  function note(use: NotedUse, lastUse: number): void {
    noted.set(use, lastUse)
    newest = Math.max(newest, lastUse)
    size += 1
  }

  function add(entry: Entry, lastUse = entry.lastUse): void {
    note({ entry, wakeAt: 0, place: -1 }, lastUse)
  }

  function takeLeast(isKept: (entry: Entry) => boolean): Entry | undefined {
    for (;;) {
      const least = noted.takeDue(Number.POSITIVE_INFINITY)
      if (least === undefined) return undefined
      size -= 1
      const { entry, wakeAt } = least
      if (entry.lastUse > wakeAt) note(least, entry.lastUse)
      else if (isKept(entry)) return entry
    }
  }

  for (const entry of entries) add(entry)
  return {
    get size() {
      return size
    },
    add,
    addAsNewest: (entry) => add(entry, newest),
    takeLeast
  }
}
