import type { Clock } from '../clock.ts'
import type { AccessToken } from '../token/access-token.ts'
import type { Asking, TokenSource } from '../token/token-source.ts'
import type { Entries } from './entries.ts'
import { type Entry, refused } from './entry.ts'
import type { KeptToken } from './kept-token.ts'
import type { Refresher } from './refresher.ts'
import type { Serve } from './service.ts'

export interface RejectionsOptions {
  readonly clock: Clock
  readonly entries: Entries
  readonly refreshing: Refresher
  readonly source: TokenSource
  readonly serve: Serve
  /** Something has happened to the key. */
  readonly note: (entry: Entry) => void
}

/** Tokens that were refused: each costs one refresh, and the callers of that origin one wait. */
export interface Rejections {
  /** For a caller whose token was refused. The same token back means that there is no better one. */
  replace(entry: Entry, rejected: AccessToken, asking: Asking): AccessToken | Promise<AccessToken>
  invalidate(token: AccessToken): boolean
}

/** Milliseconds between two refreshes of a key that a rejection caused: more of them would help nobody. */
const gapBetweenRejections = 30_000

export function rejections({ clock, entries, refreshing, source, serve, note }: RejectionsOptions): Rejections {
  /** True when the refusal is a reason to ask for another token. */
  function refuse(entry: Entry, kept: KeptToken, origin: string | undefined): boolean {
    const moment = clock.monotonicTime()
    const isFirst = kept.refusedBy === 'nobody'
    if (isFirst && entry.rejectedAt !== undefined && moment - entry.rejectedAt < gapBetweenRejections) return false
    const isNews = isFirst || (origin === undefined && kept.refusedBy !== 'everybody')
    refused(entry, kept, origin, moment)
    note(entry)
    if (isFirst) entry.rejectedAt = moment
    if (isNews) refreshing.flightUnlessBarred(entry)
    return isNews
  }

  return {
    replace(entry, rejected, asking) {
      const { kept } = entry
      if (kept === undefined || kept.token.serial !== rejected.serial) return serve(entry, asking)
      refuse(entry, kept, asking.origin)
      return kept.refusedBy === 'nobody' ? kept.token : serve(entry, asking)
    },
    invalidate(token) {
      // A token of another client can have the same serial.
      const { serial, authorization } = token
      const entry = Array.from(entries).find(({ kept }) => kept?.token.serial === serial)
      const kept = entry?.kept
      if (entry === undefined || kept?.token.authorization !== authorization) return false
      const isNews = refuse(entry, kept, undefined)
      if (isNews) source.withdraw?.(entry.request, token)
      return isNews
    }
  }
}
