import { setMaxListeners } from 'node:events'
import type { Clock } from '../clock.ts'
import { ClientClosedError, toldToCaller } from '../errors.ts'
import type { Emit } from '../events.ts'
import { limits } from '../limits.ts'
import type { TraceRequest } from '../telemetry/request-channel.ts'
import { type AccessToken, originOf } from '../token/access-token.ts'
import type { RefreshPolicy } from '../token/lifetime.ts'
import type { TokenRequest } from '../token/token-request.ts'
import type { Asking, TokenSource } from '../token/token-source.ts'
import { arrivals } from './arrival.ts'
import { callers } from './callers.ts'
import { census } from './census.ts'
import { type EndpointHealth, endpointHealth } from './endpoint-health.ts'
import { boundedEntries } from './entries.ts'
import { broughtForward, type Entry, lookedAt, promiseOf } from './entry.ts'
import { failureMemory } from './failure-memory.ts'
import { type ClientState, type Health, isHeldOrWanted, type TokenHealth, tokenHealth } from './health.ts'
import { now } from './now.ts'
import { type Refresher, refresher } from './refresher.ts'
import { rejections } from './rejections.ts'
import { service } from './service.ts'
import { sleepers } from './sleepers.ts'
import { upkeep } from './upkeep.ts'

export interface TokenCacheOptions {
  readonly source: TokenSource
  readonly clock: Clock
  /** Milliseconds that a caller without a token waits, and that a flight may take. */
  readonly timeout: number
  readonly refresh?: RefreshPolicy
  /** Callers that may wait at a time: the next ones are turned away. */
  readonly maxWaiting?: number
  /** Shared by those who ask the same server over the same connections. */
  readonly endpoint?: EndpointHealth
  readonly emit: Emit
  /** Is told when a caller asks: epoch ms. */
  readonly lastLook?: { at: number }
  /** Hears of each token request as it starts. */
  readonly trace?: TraceRequest
}

export interface TokenCache extends TokenSource {
  /** As `token`, always with a promise: a warm token's is made once. */
  promise(request: TokenRequest, asking?: Asking): Promise<AccessToken>
  /** The request of that key, while the cache has it. */
  requestOf(key: string): TokenRequest | undefined
  /** Nobody should be given it any more. True when it was the current one and a new one is asked for. */
  invalidate(token: AccessToken): boolean
  /** All tokens that were asked for until now are better replaced: each at a moment of its own within so many milliseconds. */
  renewAll(within?: number): void
  /** From now on this key is refreshed ahead even when nobody asks for it. */
  pin(request: TokenRequest): void
  /** A new token, asked for now whatever is remembered, at most once a second for each key. */
  refresh(request: TokenRequest, asking?: Asking): Promise<AccessToken>
  state(): ClientState
  health(): Health
  close(): void
}

// Shared, so that a warm token costs no object.
const unhurried: Asking = Object.freeze({
  signal: undefined,
  maxWait: undefined,
  rejected: undefined,
  origin: undefined,
  inHand: undefined
})

/** Keeps tokens good: one flight a key, refreshed ahead of need, the old token first. */
export function tokenCache(options: TokenCacheOptions): TokenCache {
  const { source, clock, timeout, refresh, emit, endpoint = endpointHealth(clock) } = options
  const { maxWaiting = limits.waiting, lastLook = { at: 0 } } = options
  const closing = new AbortController()
  setMaxListeners(0, closing.signal)
  const changed = async () => (await source.changed?.()) ?? false
  const entries = boundedEntries({ limit: limits.keys, onFull: warnOfManyKeys, onDelete: letGo })
  const failures = failureMemory({ clock, closing: closing.signal, endpoint, changed })
  const sleeping = sleepers(clock)
  const stopHoping = endpoint.whenWell(() => sleeping.wakeAll())
  const waiting = callers(clock)
  const counting = census()
  const note = (entry: Entry) => counting.count(entry, failures.of(entry), now(clock))
  const shared = { clock, timeout, emit, entries, endpoint, failures, closing: closing.signal }
  const common = { ...shared, sleeping, waiting, maxWaiting, note }
  const keeping = upkeep({ ...common, refreshing: () => refreshing })
  const { attendTo, expire } = keeping
  const refreshing: Refresher = refresher({
    ...common,
    source,
    refresh,
    attendTo,
    newBinding: renewKept,
    trace: options.trace
  })
  const arrive = arrivals({ ...common, refreshing })
  const serve = service({ ...common, refreshing, arrive, expire })
  const refusing = rejections({ ...common, refreshing, source, serve })
  let uses = 0
  let warnedOfManyKeys = false

  /** The warm path: one look-up, one clock reading. The timer ends what the wall clock cannot see. */
  function glance(request: TokenRequest): Entry | undefined {
    const entry = entries.get(request)
    lastLook.at = clock.wallTime()
    if (entry === undefined || lastLook.at >= entry.freshUntil) return undefined
    entry.lastUse = ++uses
    return entry
  }

  function look(request: TokenRequest, asking: Asking): AccessToken | Promise<AccessToken> {
    if (closing.signal.aborted) return Promise.reject(new ClientClosedError())
    const entry = entries.of(request)
    lookedAt(entry, ++uses)
    if (asking.rejected !== undefined) return refusing.replace(entry, asking.rejected, asking)
    return serve(entry, asking)
  }

  function renewBy(entry: Entry, soonest: number): void {
    broughtForward(entry, soonest)
    if (entry.kept !== undefined) attendTo(entry, soonest)
  }

  function renewKept(): void {
    const moment = now(clock).monotonic
    for (const entry of entries) renewBy(entry, moment)
  }

  function renewAll(within = 0): void {
    const moment = now(clock).monotonic
    for (const entry of entries) {
      const soonest = moment + clock.random() * within
      renewBy(entry, soonest)
      entry.underway?.arrival.then(
        (token) => originOf(token) === 'endpoint' && renewBy(entry, soonest), // it was asked for before
        () => {}
      )
    }
  }

  function letGo(entry: Entry): void {
    keeping.forget(entry)
    counting.forget(entry)
    endpoint.withdraw(entry)
  }

  function warnOfManyKeys(): void {
    if (warnedOfManyKeys) return
    warnedOfManyKeys = true
    const message = `There are more than ${limits.keys} different token requests. The client forgets the least recently used ones.`
    emit('warning', { code: 'too_many_keys', message })
  }

  return {
    token(request, asking = unhurried) {
      return (asking.rejected === undefined && glance(request)?.kept?.token) || look(request, asking)
    },
    promise(request, asking = unhurried) {
      const fresh = glance(request)
      if (fresh?.kept !== undefined) return promiseOf(fresh, fresh.kept)
      const token = look(request, asking)
      return token instanceof Promise ? toldToCaller(token) : Promise.resolve(token)
    },
    requestOf: (key) => entries.named(key)?.request,
    invalidate: refusing.invalidate,
    renewAll,
    pin(request) {
      entries.of(request).pinned = true
    },
    async refresh(request, asking = unhurried) {
      if (closing.signal.aborted) throw new ClientClosedError()
      const entry = entries.of(request)
      lookedAt(entry, ++uses)
      return toldToCaller(
        waiting.board(refreshing.refreshNow(entry), { signal: asking.signal, maxWait: asking.maxWait ?? timeout })
      )
    },
    state: () => (closing.signal.aborted ? 'closed' : counting.state),
    health() {
      if (closing.signal.aborted) return { state: 'closed', tokens: [], waiting: 0 }
      const moment = now(clock)
      const tokens: TokenHealth[] = []
      for (const entry of entries) {
        const failure = failures.of(entry)
        counting.count(entry, failure, moment)
        if (!isHeldOrWanted(entry, failure)) continue
        tokens.push(tokenHealth(entry, failure, failure === undefined ? 0 : failures.barredUntil(entry), moment))
      }
      return { state: counting.state, tokens, waiting: waiting.waiting + sleeping.count }
    },
    close() {
      closing.abort(new ClientClosedError())
      keeping.stop()
      stopHoping()
      for (const entry of entries) endpoint.withdraw(entry)
      entries.clear()
    }
  }
}
