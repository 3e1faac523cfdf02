import type { Clock } from '../clock.ts'
import type { AccessToken } from '../token/access-token.ts'
import type { Asking, TokenSource } from '../token/token-source.ts'
import type { Entries } from './entries.ts'
import { type Entry, refused } from './entry.ts'
import type { KeptToken } from './kept-token.ts'
import type { OldTokenFirst } from './old-token-first.ts'
import type { Refresher } from './refresher.ts'

export interface RejectionsOptions {
  readonly clock: Clock
  readonly entries: Entries
  readonly refresher: Refresher
  readonly source: TokenSource
  readonly oldTokenFirst: OldTokenFirst
  /** Something has happened to the key. */
  note(entry: Entry): void
}

/** Milliseconds between two refreshes of a key that were caused by a rejection. More of them would not help anybody. */
const gapBetweenRejections = 30_000

/** Handles refused tokens. Each refused token causes one refresh, and the callers of that origin wait once. */
export class Rejections {
  readonly #cache: RejectionsOptions

  constructor(options: RejectionsOptions) {
    this.#cache = options
  }

  /** Called for a caller whose token was refused. If it returns the same token, there is no better one. */
  replace(entry: Entry, rejected: AccessToken, asking: Asking): AccessToken | Promise<AccessToken> {
    const { oldTokenFirst } = this.#cache
    const { kept } = entry
    if (kept === undefined || kept.token.serial !== rejected.serial) return oldTokenFirst.serve(entry, asking)
    this.#refuse(entry, kept, asking.origin)
    return kept.refusedBy === 'nobody' ? kept.token : oldTokenFirst.serve(entry, asking)
  }

  invalidate(token: AccessToken): boolean {
    const { entries, source } = this.#cache
    // A token of another client can have the same serial.
    const { serial, authorization } = token
    const entry = Array.from(entries).find(({ kept }) => kept?.token.serial === serial)
    const kept = entry?.kept
    if (entry === undefined || kept?.token.authorization !== authorization) return false
    const isNews = this.#refuse(entry, kept, undefined)
    if (isNews) source.withdraw?.(entry.request, token)
    return isNews
  }
  /** Whether the refusal is a reason to request another token. */
  #refuse(entry: Entry, kept: KeptToken, origin: string | undefined): boolean {
    const { clock, refresher } = this.#cache
    const moment = clock.monotonicTime()
    const isFirst = kept.refusedBy === 'nobody'
    if (isFirst && entry.rejectedAt !== undefined && moment - entry.rejectedAt < gapBetweenRejections) return false
    const isNews = isFirst || (origin === undefined && kept.refusedBy !== 'everybody')
    refused(entry, kept, origin, moment)
    this.#cache.note(entry)
    if (isFirst) entry.rejectedAt = moment
    if (isNews) refresher.flightUnlessBarred(entry)
    return isNews
  }
}
