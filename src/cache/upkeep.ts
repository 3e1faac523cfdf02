import type { Clock } from '../clock.ts'
import { type Emit, fieldsOf } from '../events.ts'
import type { Entries } from './entries.ts'
import { type Entry, ended, inUse, wakes } from './entry.ts'
import type { FailureMemory } from './failure-memory.ts'
import { freshnessOf, type KeptToken, wantsRefresh } from './kept-token.ts'
import { type Now, now } from './now.ts'
import { PriorityQueue } from './priority-queue.ts'
import { gapBetweenFlights, type Refresher } from './refresher.ts'
import { Schedule } from './schedule.ts'

export interface UpkeepOptions {
  readonly entries: Entries
  readonly clock: Clock
  readonly failures: FailureMemory
  readonly refresher: Refresher
  readonly emit: Emit
  /** Something has happened to the key. */
  note(entry: Entry): void
}

// For a shorter life a timer would fire all the time. Instead, the first call after the due moment starts the refresh.
const shortestTimedLife = 60_000
/** If nobody asks for a key without a token for this long, the key and its failures are forgotten. */
const longestDisuse = 600_000
const shortestPatience = 1000
const never = Number.POSITIVE_INFINITY

/** Does what has to be done for keys as time passes. It looks only at the keys whose moment has come. */
export class Upkeep {
  readonly #cache: UpkeepOptions
  readonly #due = new PriorityQueue<Entry>()
  readonly #schedule: Schedule

  constructor(options: UpkeepOptions) {
    this.#cache = options
    this.#schedule = new Schedule(options.clock, () => this.#attendToDue())
  }

  /** The entry needs attention at that monotonic moment, or when its token ends. */
  attendTo(entry: Entry, moment: number): void {
    this.#due.set(entry, Math.min(moment, entry.kept?.endsAt ?? moment))
    this.#schedule.wakeBy(this.#due.next)
  }

  /** The token has expired and is dropped. */
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

  #attendToDue(): number {
    const due = this.#due
    const moment = this.#cache.clock.monotonicTime()
    for (let entry = due.takeDue(moment); entry !== undefined; entry = due.takeDue(moment))
      due.set(entry, Math.max(this.#attend(entry), moment + 1))
    return due.next
  }

  #attend(entry: Entry): number {
    const moment = now(this.#cache.clock)
    const { kept } = entry
    if (kept !== undefined && freshnessOf(kept, moment) !== 'expired') return this.#attendToToken(entry, kept, moment)
    if (kept !== undefined) this.expire(entry, kept)
    return this.#attendToMissing(entry, moment.monotonic)
  }

  #attendToToken(entry: Entry, kept: KeptToken, moment: Now): number {
    if (!wantsRefresh(kept, moment)) return kept.dueAt
    wakes(entry)
    this.#cache.note(entry)
    const isTimed = entry.pinned || entry.life >= shortestTimedLife
    return Math.min(isTimed && inUse(entry) ? this.#refresh(entry, moment.monotonic) : never, kept.endsAt)
  }

  #attendToMissing(entry: Entry, moment: number): number {
    const { entries, failures } = this.#cache
    if (entry.pinned) return this.#refresh(entry, moment)
    if (entry.underway !== undefined) return never
    const barredUntil = Math.max(failures.barredUntil(entry), (entry.lastFlightAt ?? -never) + gapBetweenFlights)
    // If the entry were dropped earlier, a new request for the key could come too soon, or it would have to wait for longer.
    const forgottenAt = inUse(entry)
      ? barredUntil + longestDisuse
      : Math.max(barredUntil, failures.barredUntilIfForgotten(entry))
    if (forgottenAt > moment) return forgottenAt
    entries.delete(entry)
    return never
  }

  /** Returns when to check again, unless the end of the flight decides that. */
  #refresh(entry: Entry, moment: number): number {
    const { refresher, failures } = this.#cache
    if (refresher.refreshInBackground(entry) !== undefined) return never
    const barredUntil = failures.barring(entry, moment)?.notBefore
    // Otherwise others go first. The endpoint calls back, unless they find that the server is ill.
    return barredUntil ?? moment + Math.max(shortestPatience, (entry.usableUntil - moment) / 16)
  }
}
