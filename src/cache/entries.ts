import type { TokenRequest } from '../token/token-request.ts'
import { type Entry, newEntry } from './entry.ts'

/** The keys, bounded: a tenant's scope in every request must not fill the memory. */
export interface Entries extends Iterable<Entry> {
  get(key: string): Entry | undefined
  /** The entry of that request; a new one can push out the least recently used. */
  of(request: TokenRequest): Entry
  delete(entry: Entry): void
  clear(): void
}

export function boundedEntries(limit: number, onFull: () => void): Entries {
  const entries = new Map<string, Entry>()

  // A flight is never pushed out: its key could start a second one. So flights alone can exceed the limit, for as long as they last.
  function leastRecentlyUsed(): Entry | undefined {
    let least: Entry | undefined
    for (const entry of entries.values()) {
      if (entry.underway !== undefined || entry.pinned) continue
      if (least === undefined || entry.lastUse < least.lastUse) least = entry
    }
    return least
  }

  function makeRoom(): void {
    onFull()
    const least = leastRecentlyUsed()
    if (least !== undefined) entries.delete(least.request.key)
  }

  return {
    get: (key) => entries.get(key),
    of(request) {
      const known = entries.get(request.key)
      if (known !== undefined) return known
      if (entries.size >= limit) makeRoom()
      const entry = newEntry(request)
      entries.set(request.key, entry)
      return entry
    },
    delete: (entry) => void entries.delete(entry.request.key),
    clear: () => entries.clear(),
    [Symbol.iterator]: () => entries.values()
  }
}
