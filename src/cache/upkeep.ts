import type { Clock } from '../clock.ts'
import { type Emit, fieldsOf } from '../events.ts'
import { agenda } from './agenda.ts'
import type { Entries } from './entries.ts'
import { type Entry, ended, inUse, wakes } from './entry.ts'
import type { FailureMemory } from './failure-memory.ts'
import { freshnessOf, type KeptToken, wantsRefresh } from './kept-token.ts'
import { type Now, now } from './now.ts'
import type { Refresher } from './refresher.ts'
import { schedule } from './schedule.ts'

export interface UpkeepOptions {
  readonly entries: Entries
  readonly clock: Clock
  readonly failures: FailureMemory
  readonly refreshing: () => Refresher
  readonly emit: Emit
  /** Something has happened to the key. */
  readonly note: (entry: Entry) => void
}

/** What happens to keys as time passes. It looks at those alone whose moment has come. */
export interface Upkeep {
  /** The entry wants attention at that monotonic moment, and not before. */
  attendTo(entry: Entry, moment: number): void
  /** The token has ended: it is let go. */
  expire(entry: Entry, kept: KeptToken): void
  forget(entry: Entry): void
  stop(): void
}

// Under this life a timer would do little but fire: the first call after the due moment starts the refresh.
const shortestTimedLife = 60_000
/** A key without a token that nobody asks for so long is forgotten, and its failures with it. */
const longestDisuse = 600_000
const shortestPatience = 1000
const never = Number.POSITIVE_INFINITY

export function upkeep({ entries, clock, failures, refreshing, emit, note }: UpkeepOptions): Upkeep {
  const due = agenda<Entry>()
  const { wakeBy, stop } = schedule(clock, tend)

  function attendTo(entry: Entry, moment: number): void {
    due.set(entry, moment)
    wakeBy(due.next)
  }

  function tend(): number {
    const moment = clock.monotonicTime()
    for (let entry = due.takeDue(moment); entry !== undefined; entry = due.takeDue(moment))
      due.set(entry, Math.max(tendOne(entry), moment + 1))
    return due.next
  }

  function tendOne(entry: Entry): number {
    const moment = now(clock)
    const { kept } = entry
    if (kept !== undefined && freshnessOf(kept, moment) !== 'expired') return tendKept(entry, kept, moment)
    if (kept !== undefined) expire(entry, kept)
    return tendEmpty(entry, moment.monotonic)
  }

  function tendKept(entry: Entry, kept: KeptToken, moment: Now): number {
    if (!wantsRefresh(kept, moment)) return kept.dueAt
    wakes(entry)
    note(entry)
    const isTimed = entry.pinned || entry.life >= shortestTimedLife
    return Math.min(isTimed && inUse(entry) ? refresh(entry, moment.monotonic) : never, kept.endsAt)
  }

  function tendEmpty(entry: Entry, moment: number): number {
    if (entry.pinned) return refresh(entry, moment)
    if (entry.underway !== undefined) return never
    // Let go earlier, the key would be asked for again too soon.
    const barredUntil = Math.max(failures.barredUntil(entry), entry.lastFlightAt ?? moment)
    const forgottenAt = inUse(entry) ? barredUntil + longestDisuse : barredUntil
    if (forgottenAt > moment) return forgottenAt
    entries.delete(entry)
    return never
  }

  /** Answers with when to look again, where the flight's end does not say so. */
  function refresh(entry: Entry, moment: number): number {
    if (refreshing().refreshBehind(entry) !== undefined) return never
    const barredUntil = failures.barring(entry, moment)?.notBefore
    // Else others go first: the door calls back, unless they find the server ill.
    return barredUntil ?? moment + Math.max(shortestPatience, (entry.usableUntil - moment) / 16)
  }

  return {
    attendTo,
    expire,
    forget: (entry) => due.remove(entry),
    stop
  }

  function expire(entry: Entry, { token }: KeptToken): void {
    ended(entry)
    note(entry)
    emit('expired', { ...fieldsOf(entry.request), serial: token.serial })
  }
}
