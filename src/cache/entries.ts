import type { TokenRequest } from '../token/token-request.ts'
import { type Entry, newEntry } from './entry.ts'
import { LeastRecentlyUsed } from './least-recently-used.ts'

export interface EntriesOptions {
  readonly limit: number
  onFull(): void
  /** An entry was removed. */
  onDelete(entry: Entry): void
}

/** How many entries are examined to find one that can be removed. */
const mostLooks = 16

/** The entries, limited in number, because requests with a scope for each tenant must not fill the memory. */
export class Entries implements Iterable<Entry> {
  readonly #options: EntriesOptions
  readonly #entries = new Map<string, Entry>()
  /** Most callers repeat the same request, so the last entry is found without a lookup. */
  #latest: Entry | undefined
  /** Made when it is first needed. */
  #uses: LeastRecentlyUsed | undefined

  constructor(options: EntriesOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#entries.size
  }

  get(request: TokenRequest): Entry | undefined {
    return this.#latest?.request === request ? this.#latest : this.named(request.key)
  }

  /** The entry of that key. `get` then finds it without a lookup. */
  named(key: string): Entry | undefined {
    this.#latest = this.#entries.get(key)
    return this.#latest
  }

  /** The entry of that request. A new entry can evict the least recently used one. */
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
    this.#uses ??= new LeastRecentlyUsed(this)
    for (let looks = 0; this.#entries.size >= limit && looks < mostLooks; looks += 1) {
      const entry = this.#uses.take((noted) => this.#entries.get(noted.request.key) === noted)
      if (entry === undefined) return
      if (entry.underway === undefined && !entry.pinned) this.delete(entry)
      else this.#uses.addAsNewest(entry)
    }
  }
}
