import type { TokenRequest } from '../token/token-request.ts'
import { type Entry, newEntry } from './entry.ts'

/** The keys, bounded: a tenant's scope in every request must not fill the memory. */
export interface Entries extends Iterable<Entry> {
  get(request: TokenRequest): Entry | undefined
  /** The entry of that request; a new one can push out the least recently used. */
  of(request: TokenRequest): Entry
  delete(entry: Entry): void
  clear(): void
}

export function boundedEntries(limit: number, onFull: () => void): Entries {
  const entries = new Map<string, Entry>()
  /** Most callers ask for one request again and again: it is known without a look-up. */
  let latest: Entry | undefined

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
    if (least !== undefined) remove(least)
  }

  function remove(entry: Entry): void {
    entries.delete(entry.request.key)
    latest = undefined
  }

  return {
    get(request) {
      if (latest?.request !== request) latest = entries.get(request.key)
      return latest
    },
    of(request) {
      const known = entries.get(request.key)
      if (known !== undefined) return known
      if (entries.size >= limit) makeRoom()
      const entry = newEntry(request)
      entries.set(request.key, entry)
      return entry
    },
    delete: remove,
    clear() {
      entries.clear()
      latest = undefined
    },
    [Symbol.iterator]: () => entries.values()
  }
}
