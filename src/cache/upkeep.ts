import type { Clock } from '../clock.ts'
import { type Emit, fieldsOf } from '../events.ts'
import { type Agenda, agenda } from './agenda.ts'
import type { Entries } from './entries.ts'
import { type Entry, ended, inUse, wakes } from './entry.ts'
import type { FailureMemory } from './failure-memory.ts'
import { freshnessOf, type KeptToken, wantsRefresh } from './kept-token.ts'
import { type Now, now } from './now.ts'
import type { Refresher } from './refresher.ts'
import { type Schedule, schedule } from './schedule.ts'

export interface UpkeepOptions {
  readonly entries: Entries
  readonly clock: Clock
  readonly failures: FailureMemory
  readonly refreshing: Refresher
  readonly emit: Emit
  /** Something has happened to the key. */
  note(entry: Entry): void
}

/** Does what has to be done for keys as time passes. It looks only at the keys whose moment has come. */
export interface Upkeep {
  /** The entry needs attention at that monotonic moment, and not earlier. */
  attendTo(entry: Entry, moment: number): void
  /** The token has expired and is dropped. */
  expire(entry: Entry, kept: KeptToken): void
  forget(entry: Entry): void
  stop(): void
}

// For a shorter life a timer would fire all the time. Instead, the first call after the due moment starts the refresh.
const shortestTimedLife = 60_000
/** If nobody asks for a key without a token for this long, the key and its failures are forgotten. */
const longestDisuse = 600_000
const shortestPatience = 1000
const never = Number.POSITIVE_INFINITY

export function upkeep(options: UpkeepOptions): Upkeep {
  return new Attention(options)
}

class Attention implements Upkeep {
  readonly #cache: UpkeepOptions
  readonly #due: Agenda<Entry> = agenda()
  readonly #schedule: Schedule

  constructor(options: UpkeepOptions) {
    this.#cache = options
    this.#schedule = schedule(options.clock, () => this.#tend())
  }

  attendTo(entry: Entry, moment: number): void {
    this.#due.set(entry, moment)
    this.#schedule.wakeBy(this.#due.next)
  }

  expire(entry: Entry, { token }: KeptToken): void {
    const { emit } = this.#cache
    ended(entry)
    this.#cache.note(entry)
    emit('expired', { ...fieldsOf(entry.request), serial: token.serial })
  }

  forget(entry: Entry): void {
    this.#due.remove(entry)
  }

  stop(): void {
    this.#schedule.stop()
  }

  #tend(): number {
    const due = this.#due
    const moment = this.#cache.clock.monotonicTime()
    for (let entry = due.takeDue(moment); entry !== undefined; entry = due.takeDue(moment))
      due.set(entry, Math.max(this.#tendOne(entry), moment + 1))
    return due.next
  }

  #tendOne(entry: Entry): number {
    const moment = now(this.#cache.clock)
    const { kept } = entry
    if (kept !== undefined && freshnessOf(kept, moment) !== 'expired') return this.#tendKept(entry, kept, moment)
    if (kept !== undefined) this.expire(entry, kept)
    return this.#tendEmpty(entry, moment.monotonic)
  }

  #tendKept(entry: Entry, kept: KeptToken, moment: Now): number {
    if (!wantsRefresh(kept, moment)) return kept.dueAt
    wakes(entry)
    this.#cache.note(entry)
    const isTimed = entry.pinned || entry.life >= shortestTimedLife
    return Math.min(isTimed && inUse(entry) ? this.#refresh(entry, moment.monotonic) : never, kept.endsAt)
  }

  #tendEmpty(entry: Entry, moment: number): number {
    const { entries, failures } = this.#cache
    if (entry.pinned) return this.#refresh(entry, moment)
    if (entry.underway !== undefined) return never
    // If the entry were dropped earlier, a new request for the key could come too soon.
    const barredUntil = Math.max(failures.barredUntil(entry), entry.lastFlightAt ?? moment)
    const forgottenAt = inUse(entry) ? barredUntil + longestDisuse : barredUntil
    if (forgottenAt > moment) return forgottenAt
    entries.delete(entry)
    return never
  }

  /** Returns when to check again, unless the end of the flight decides that. */
  #refresh(entry: Entry, moment: number): number {
    const { refreshing, failures } = this.#cache
    if (refreshing.refreshBehind(entry) !== undefined) return never
    const barredUntil = failures.barring(entry, moment)?.notBefore
    // Otherwise others go first. The endpoint calls back, unless they find that the server is ill.
    return barredUntil ?? moment + Math.max(shortestPatience, (entry.usableUntil - moment) / 16)
  }
}
