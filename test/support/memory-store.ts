import type { Clock } from '../../src/clock.ts'
import type { StoredRecord, TokenStore } from '../../src/stores/token-store.ts'

export interface MemoryStore extends TokenStore {
  /** Each verb that was called, with its name. */
  readonly calls: string[]
  /** What every verb does from now on, before it does its work. */
  meddle(before: (() => unknown) | undefined): void
  /** Everything that lies in it, for a thief. */
  dump(): string
}

interface Ending<Value> {
  readonly value: Value
  readonly endsAt: number
}

/** A store in this process, on the clock of the test. */
export function memoryStore(clock: Clock): MemoryStore {
  const records = new Map<string, Ending<StoredRecord>>()
  const leases = new Map<string, Ending<{ readonly holder: string; readonly word?: string | undefined }>>()
  const calls: string[] = []
  let before: (() => unknown) | undefined

  const living = <Value>(ending: Ending<Value> | undefined) =>
    ending !== undefined && ending.endsAt > clock.wallTime() ? ending.value : undefined

  async function called(verb: string): Promise<void> {
    calls.push(verb)
    await before?.()
  }

  return {
    calls,
    meddle(given) {
      before = given
    },
    dump: () => JSON.stringify([...records, ...leases]),
    async read(name) {
      await called('read')
      return living(records.get(name))
    },
    async write(name, record, life) {
      await called('write')
      if ((living(records.get(name))?.version ?? Number.NEGATIVE_INFINITY) >= record.version) return false
      records.set(name, { value: record, endsAt: clock.wallTime() + life })
      return true
    },
    async remove(name, record) {
      await called('remove')
      if (living(records.get(name))?.data === record.data) records.delete(name)
    },
    async lease(name, { holder, life, word }) {
      await called('lease')
      const held = living(leases.get(name))
      if (held !== undefined && held.holder !== holder) return { state: 'held', word: held.word }
      leases.set(name, { value: { holder, word }, endsAt: clock.wallTime() + life })
      return { state: 'acquired' }
    },
    async release(name, holder) {
      await called('release')
      if (living(leases.get(name))?.holder === holder) leases.delete(name)
    }
  }
}
