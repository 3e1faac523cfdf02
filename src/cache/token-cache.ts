import { setMaxListeners } from 'node:events'
import type { Clock } from '../clock.ts'
import { ClientClosedError, toldToCaller } from '../errors.ts'
import type { Emit } from '../events.ts'
import { limits } from '../limits.ts'
import type { TraceRequest } from '../telemetry/request-channel.ts'
import type { AccessToken } from '../token/access-token.ts'
import type { RefreshPolicy } from '../token/lifetime.ts'
import type { TokenRequest } from '../token/token-request.ts'
import type { Patience, TokenSource } from '../token/token-source.ts'
import { arrivals } from './arrival.ts'
import { board } from './board.ts'
import { boundedEntries } from './entries.ts'
import type { Entry } from './entry.ts'
import { failureMemory } from './failure-memory.ts'
import { type Health, isHeldOrWanted, overallState, tokenHealth } from './health.ts'
import { freshnessOf, type KeptToken, onWallClock } from './kept-token.ts'
import { now } from './now.ts'
import { refresher } from './refresher.ts'
import { schedule } from './schedule.ts'
import { upkeep } from './upkeep.ts'

export interface TokenCacheOptions {
  readonly source: TokenSource
  readonly clock: Clock
  /** Milliseconds that a caller without a token waits, and that a flight may take. */
  readonly timeout: number
  readonly refresh?: RefreshPolicy
  /** Reads the credential again: whether it is another one now than those that the server has refused. Never, unless given. */
  readonly credentialChanged?: (() => Promise<boolean>) | undefined
  readonly emit: Emit
  /** Hears of each token request as it starts. */
  readonly trace?: TraceRequest
}

export interface TokenCache extends TokenSource {
  /** As `token`, always with a promise: a warm token's is made once. */
  promise(request: TokenRequest, patience?: Patience): Promise<AccessToken>
  /** A resource server refused it. True when it was the current one and a new one is asked for. */
  invalidate(token: AccessToken): boolean
  /** What they are bound to has changed: all are better replaced before their next use. */
  suspectAll(): void
  /** From now on this key is refreshed ahead even when nobody asks for it. */
  pin(request: TokenRequest): void
  health(): Health
  close(): void
}

// Shared, so that a warm token costs no object.
const unhurried: Patience = Object.freeze({ signal: undefined, maxWait: undefined, rejected: undefined })
const waitWhileSuspect = 2000
const gapBetweenRejections = 30_000

/** Keeps tokens good: one flight a key, refreshed ahead of need, the old token first. */
export function tokenCache(options: TokenCacheOptions): TokenCache {
  const { source, clock, timeout, refresh, credentialChanged = async () => false, emit } = options
  const closing = new AbortController()
  setMaxListeners(0, closing.signal)
  const entries = boundedEntries(limits.keys, warnOfManyKeys)
  const failures = failureMemory({ clock, closing: closing.signal, credentialChanged })
  const { wakeBy, stop } = schedule(clock, () => tend())
  const common = { clock, emit, failures, closing: closing.signal }
  const refreshing = refresher({ ...common, source, timeout, refresh, attendBy: wakeBy, trace: options.trace })
  const { tend, expire } = upkeep({ ...common, entries, refreshing })
  const arrive = arrivals({ ...common, entries, refreshing })
  let uses = 0
  let warnedOfManyKeys = false

  /** The warm path: one look-up, one clock reading. The timer ends what the wall clock cannot see. */
  function glance(request: TokenRequest): KeptToken | undefined {
    const entry = entries.get(request)
    if (entry === undefined || clock.wallTime() >= entry.freshUntil) return undefined
    entry.lastUse = ++uses
    return entry.kept
  }

  function look(request: TokenRequest, patience: Patience): AccessToken | Promise<AccessToken> {
    if (closing.signal.aborted) return Promise.reject(new ClientClosedError())
    const entry = entries.of(request)
    entry.lastUse = ++uses
    return decide(entry, patience)
  }

  function decide(entry: Entry, patience: Patience): AccessToken | Promise<AccessToken> {
    const moment = now(clock)
    const { kept } = entry
    if (kept === undefined) return arrive(entry.request, patience)
    switch (freshnessOf(kept, moment)) {
      case 'expired':
        expire(entry, kept)
        return arrive(entry.request, patience)
      case 'suspect': // a new one if it comes soon, else this one
        return soon(entry, kept, patience)
      case 'due': // it still works: nobody waits for its successor
        // While its successor is on the way there is nothing to decide.
        if (refreshing.flightUnlessBarred(entry) !== undefined) entry.freshUntil = onWallClock(kept, kept.suspectAt)
        return kept.token
      case 'fresh':
        return kept.token
    }
  }

  function soon(entry: Entry, kept: KeptToken, { signal, maxWait }: Patience): AccessToken | Promise<AccessToken> {
    const underway = refreshing.flightUnlessBarred(entry)
    if (underway === undefined) return kept.token
    const began = clock.monotonicTime()
    const wait = Math.min(maxWait ?? timeout, underway.flight.startedAt + waitWhileSuspect - began)
    if (wait <= 0) return kept.token

    return board(underway, { signal, maxWait: wait }, clock).catch((error) => {
      if (signal?.aborted || closing.signal.aborted) throw error
      // The flight failed or was slow: the same question again, by what is known now.
      const left = maxWait === undefined ? undefined : Math.max(0, maxWait - (clock.monotonicTime() - began))
      return decide(entry, { signal, maxWait: left })
    })
  }

  /** For a caller whose token a resource server refused. The same token back means that there is no better one. */
  function replace(
    request: TokenRequest,
    rejected: AccessToken,
    patience: Patience
  ): AccessToken | Promise<AccessToken> {
    const entry = entries.get(request)
    if (entry?.kept?.token.serial !== rejected.serial) return look(request, patience)
    suspect(entry, rejected)
    return entry.kept.rejected ? decide(entry, patience) : entry.kept.token
  }

  function suspect(entry: Entry, token: AccessToken): boolean {
    const { kept } = entry
    const moment = clock.monotonicTime()
    if (kept?.token.serial !== token.serial || kept.rejected) return false
    if (entry.rejectedAt !== undefined && moment - entry.rejectedAt < gapBetweenRejections) return false
    replaceSoon(entry, kept)
    entry.rejectedAt = moment
    refreshing.flightUnlessBarred(entry)
    return true
  }

  function replaceSoon(entry: Entry, kept: KeptToken): void {
    kept.rejected = true
    entry.freshUntil = Number.NEGATIVE_INFINITY
  }

  function warnOfManyKeys(): void {
    if (warnedOfManyKeys) return
    warnedOfManyKeys = true
    const message = `More than ${limits.keys} different token requests: the least recently used are let go.`
    emit('warning', { code: 'too_many_keys', message })
  }

  return {
    token(request, asking = unhurried) {
      if (asking.rejected !== undefined) return replace(request, asking.rejected, asking)
      return glance(request)?.token ?? look(request, asking)
    },
    promise(request, patience = unhurried) {
      const kept = glance(request)
      if (kept !== undefined) return kept.promise
      const token = look(request, patience)
      return token instanceof Promise ? toldToCaller(token) : Promise.resolve(token)
    },
    invalidate(token) {
      // A token of another client can have the same serial.
      const { serial, authorization } = token
      const entry = Array.from(entries).find(({ kept }) => kept?.token.serial === serial)
      return entry?.kept?.token.authorization === authorization && suspect(entry, token)
    },
    suspectAll() {
      for (const entry of entries) if (entry.kept !== undefined) replaceSoon(entry, entry.kept)
    },
    pin(request) {
      entries.of(request).pinned = true
    },
    health() {
      if (closing.signal.aborted) return { state: 'closed', tokens: [] }
      const moment = now(clock)
      const tokens = Array.from(entries)
        .filter((entry) => isHeldOrWanted(entry, failures.of(entry)))
        .map((entry) => tokenHealth(entry, failures.of(entry), moment))
      return { state: overallState(tokens), tokens }
    },
    close() {
      closing.abort(new ClientClosedError())
      stop()
      entries.clear()
    }
  }
}
