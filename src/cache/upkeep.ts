import type { Clock } from '../clock.ts'
import { type Emit, fieldsOf } from '../events.ts'
import type { Entries } from './entries.ts'
import { type Entry, inUse } from './entry.ts'
import type { FailureMemory } from './failure-memory.ts'
import { freshnessOf, type KeptToken } from './kept-token.ts'
import { now } from './now.ts'
import type { Refresher } from './refresher.ts'

export interface UpkeepOptions {
  readonly entries: Entries
  readonly clock: Clock
  readonly failures: FailureMemory
  readonly refreshing: Refresher
  readonly emit: Emit
}

/** What happens to kept tokens as time passes. */
export interface Upkeep {
  /** Does what is due now. Answers with the next moment at which there is something to do. */
  tend(): number
  /** The token has ended: it is let go. */
  expire(entry: Entry, kept: KeptToken): void
}

// Under this life a timer would do little but fire: the first call after the due moment starts the refresh.
const shortestTimedLife = 60_000
/** A key without a token that nobody asks for so long is forgotten, and its failures with it. */
const longestDisuse = 600_000
const never = Number.POSITIVE_INFINITY

export function upkeep({ entries, clock, failures, refreshing, emit }: UpkeepOptions): Upkeep {
  function expire(entry: Entry, { token, endsAt }: KeptToken): void {
    entry.kept = undefined
    entry.freshUntil = Number.NEGATIVE_INFINITY
    failures.liftAt(entry, endsAt)
    emit('expired', { ...fieldsOf(entry.request), serial: token.serial })
  }

  function tendOne(entry: Entry): number {
    const moment = now(clock)
    const { kept } = entry
    if (kept === undefined) return tendEmpty(entry, moment.monotonic)
    switch (freshnessOf(kept, moment)) {
      case 'expired':
        expire(entry, kept)
        return tendEmpty(entry, moment.monotonic)
      case 'due':
      case 'suspect':
        entry.freshUntil = Number.NEGATIVE_INFINITY
        return Math.min(isTimed(kept) && inUse(entry) ? refresh(entry, moment.monotonic) : never, kept.endsAt)
      case 'fresh':
        return kept.dueAt
    }
  }

  function tendEmpty(entry: Entry, moment: number): number {
    if (entry.pinned) return refresh(entry, moment)
    if (entry.underway !== undefined) return never
    const barrier = failures.barring(entry, moment)
    if (barrier !== undefined) return barrier.notBefore // Let go earlier, the key would be asked for again too soon.
    const forgottenAt = inUse(entry) ? disusedAt(entry) : moment
    if (forgottenAt > moment) return forgottenAt
    entries.delete(entry)
    return never
  }

  /** Whoever asked after a failure's wait was over would have started another flight. */
  function disusedAt(entry: Entry): number {
    return (failures.barredUntil(entry) ?? never) + longestDisuse
  }

  function refresh(entry: Entry, moment: number): number {
    refreshing.flightUnlessBarred(entry)
    return failures.barring(entry, moment)?.notBefore ?? never
  }

  return {
    expire,
    tend() {
      let next = never
      for (const entry of entries) next = Math.min(next, tendOne(entry))
      return next
    }
  }
}

function isTimed({ token }: KeptToken): boolean {
  return token.expiresAt - token.obtainedAt >= shortestTimedLife
}
