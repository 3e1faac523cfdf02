import type { Clock } from '../clock.ts'
import { EndpointHealth } from '../endpoint-health/endpoint-health.ts'
import { ClientClosedError, toldToCaller } from '../errors.ts'
import type { Emit } from '../events.ts'
import { limits } from '../limits.ts'
import type { TraceRequest } from '../telemetry/request-channel.ts'
import { type AccessToken, originOf } from '../token/access-token.ts'
import type { RefreshPolicy } from '../token/lifetime.ts'
import type { TokenRequest } from '../token/token-request.ts'
import type { Asking, TokenSource } from '../token/token-source.ts'
import { Ending } from '../waiting/ending.ts'
import { Callers } from './callers.ts'
import { Census } from './census.ts'
import { Entries, type EntriesOptions } from './entries.ts'
import { broughtForward, type Entry, lookedAt, promiseOf } from './entry.ts'
import { FailureMemory, type FailureMemoryOptions } from './failure-memory.ts'
import { type ClientState, type Health, type TokenHealth, tokenHealth } from './health.ts'
import { now } from './now.ts'
import { OldTokenFirst, type OldTokenFirstOptions } from './old-token-first.ts'
import { Refresher, type RefresherOptions } from './refresher.ts'
import { Rejections, type RejectionsOptions } from './rejections.ts'
import { Sleepers } from './sleepers.ts'
import { TokenWaits, type TokenWaitsOptions } from './token-waits.ts'
import { Upkeep, type UpkeepOptions } from './upkeep.ts'

export interface TokenCacheOptions {
  readonly source: TokenSource
  readonly clock: Clock
  /** How many milliseconds a caller without a token waits, and a flight may take. */
  readonly timeout: number
  readonly refresh?: RefreshPolicy
  /** How many callers may wait at the same time. Further callers are rejected. */
  readonly maxWaiting?: number
  /** Shared by all clients that ask the same server over the same connections. */
  readonly endpoint?: EndpointHealth
  readonly emit: Emit
  /** Gets the moment at which a caller asks, in epoch ms. */
  readonly lastLook?: { at: number }
  /** Called for each token request when it starts. */
  readonly trace?: TraceRequest
  /** The end of the client, if others wait for it too. `close()` aborts it. */
  readonly closing?: Ending
}

// Shared, so that a warm token needs no new object.
const unhurried: Asking = Object.freeze({
  signal: undefined,
  maxWait: undefined,
  rejected: undefined,
  origin: undefined,
  inHand: undefined
})

type Parts = RefresherOptions &
  FailureMemoryOptions &
  UpkeepOptions &
  OldTokenFirstOptions &
  TokenWaitsOptions &
  RejectionsOptions

/**
 * Keeps tokens and refreshes them early: one flight for each key, and the old token first. Its parts get this object, find each other in it, and read it
 * only when they are called, when all of them exist.
 */
export class TokenCache implements TokenSource, Parts, EntriesOptions {
  readonly source: TokenSource
  readonly clock: Clock
  readonly timeout: number
  readonly refreshPolicy: RefreshPolicy
  readonly maxWaiting: number
  readonly emit: Emit
  readonly trace: TraceRequest | undefined
  readonly endpoint: EndpointHealth
  readonly limit = limits.keys
  readonly entries = new Entries(this)
  readonly failures: FailureMemory
  readonly sleepers: Sleepers
  readonly callers: Callers
  readonly upkeep: Upkeep
  readonly refresher: Refresher
  readonly tokenWaits: TokenWaits
  readonly oldTokenFirst: OldTokenFirst
  readonly closing: Ending
  readonly #rejections: Rejections
  readonly #census = new Census()
  readonly #lastLook: { at: number }
  readonly #stopListening: () => void
  #uses = 0
  #warnedOfManyKeys = false

  constructor(options: TokenCacheOptions) {
    const { clock } = options
    this.source = options.source
    this.clock = clock
    this.timeout = options.timeout
    this.refreshPolicy = options.refresh
    this.maxWaiting = options.maxWaiting ?? limits.waiting
    this.emit = options.emit
    this.trace = options.trace
    this.closing = options.closing ?? new Ending()
    this.endpoint = options.endpoint ?? new EndpointHealth(clock)
    this.#lastLook = options.lastLook ?? { at: 0 }
    this.sleepers = new Sleepers(clock)
    this.callers = new Callers(clock)
    this.failures = new FailureMemory(this)
    this.upkeep = new Upkeep(this)
    this.refresher = new Refresher(this)
    this.tokenWaits = new TokenWaits(this)
    this.oldTokenFirst = new OldTokenFirst(this)
    this.#rejections = new Rejections(this)
    this.#stopListening = this.endpoint.whenWell(() => this.sleepers.wakeAll())
  }

  token(request: TokenRequest, asking = unhurried): AccessToken | Promise<AccessToken> {
    return (asking.rejected === undefined && this.#glance(request)?.kept?.token) || this.#look(request, asking)
  }

  /** Like `token`, but always returns a promise. The promise of a warm token is created only once. */
  promise(request: TokenRequest, asking = unhurried): Promise<AccessToken> {
    const fresh = this.#glance(request)
    if (fresh?.kept !== undefined) return promiseOf(fresh, fresh.kept)
    const token = this.#look(request, asking)
    return token instanceof Promise ? toldToCaller(token) : Promise.resolve(token)
  }

  /** The request of that key, as long as the cache has an entry for it. */
  requestOf(key: string): TokenRequest | undefined {
    return this.entries.named(key)?.request
  }

  /** Stops using this token for everybody. Returns true if it was the current token, so that a new one is requested. */
  invalidate(token: AccessToken): boolean {
    return this.#rejections.invalidate(token)
  }

  /** Replaces all tokens that were requested until now, each at a random moment within this many milliseconds. */
  renewAll(within = 0): void {
    const moment = now(this.clock).monotonic
    for (const entry of this.entries) {
      const soonest = moment + this.clock.random() * within
      this.#renewBy(entry, soonest)
      entry.underway?.arrival.then(
        (token) => originOf(token) === 'endpoint' && this.#renewBy(entry, soonest), // it was asked for before
        () => {}
      )
    }
  }

  /** From now on this key is refreshed early even if nobody asks for it. */
  pin(request: TokenRequest): void {
    this.entries.of(request).pinned = true
  }

  /** Requests a new token now, whatever failures are remembered, at most once a second for each key. */
  async refresh(request: TokenRequest, { signal, maxWait = this.timeout }: Asking = unhurried): Promise<AccessToken> {
    if (this.closing.aborted) throw new ClientClosedError()
    const entry = this.entries.of(request)
    lookedAt(entry, ++this.#uses)
    return toldToCaller(this.callers.join(this.refresher.refreshNow(entry), { signal, maxWait }))
  }

  state(): ClientState {
    return this.closing.aborted ? 'closed' : this.#census.state
  }

  health(): Health {
    const { failures, callers, sleepers } = this
    if (this.closing.aborted) return { state: 'closed', tokens: [], waiting: 0 }
    const moment = now(this.clock)
    const tokens: TokenHealth[] = []
    for (const entry of this.entries) {
      const failure = failures.of(entry)
      const state = this.#census.count(entry, failure, moment)
      if (state === undefined) continue
      const barredUntil = failure === undefined ? 0 : failures.barredUntil(entry)
      tokens.push(tokenHealth(entry, state, failure, barredUntil, sleepers.countFor(entry), moment))
    }
    return { state: this.#census.state, tokens, waiting: callers.count + sleepers.count }
  }

  close(): void {
    this.closing.abort(new ClientClosedError())
    this.upkeep.stop()
    this.#stopListening()
    for (const entry of this.entries) this.endpoint.withdraw(entry)
    this.entries.clear()
  }

  // --- what its parts tell it ---

  note(entry: Entry): void {
    this.#census.count(entry, this.failures.of(entry), now(this.clock))
  }

  newBinding(): void {
    const moment = now(this.clock).monotonic
    for (const entry of this.entries) this.#renewBy(entry, moment)
  }

  onDelete(entry: Entry): void {
    this.upkeep.forget(entry)
    this.#census.forget(entry)
    this.endpoint.withdraw(entry)
  }

  onFull(): void {
    if (this.#warnedOfManyKeys) return
    this.#warnedOfManyKeys = true
    const message = `There are more than ${limits.keys} different token requests. The client forgets the least recently used ones.`
    this.emit('warning', { code: 'too_many_keys', message })
  }

  /** The warm path has one lookup and one clock reading. The timer handles an end that the wall clock cannot see. */
  #glance(request: TokenRequest): Entry | undefined {
    const entry = this.entries.get(request)
    const wall = this.clock.wallTime()
    this.#lastLook.at = wall
    if (entry === undefined || wall >= entry.freshUntil) return undefined
    entry.lastUse = ++this.#uses
    return entry
  }

  #look(request: TokenRequest, asking: Asking): AccessToken | Promise<AccessToken> {
    if (this.closing.aborted) return Promise.reject(new ClientClosedError())
    const entry = this.entries.of(request)
    lookedAt(entry, ++this.#uses)
    if (asking.rejected !== undefined) return this.#rejections.replace(entry, asking.rejected, asking)
    return this.oldTokenFirst.serve(entry, asking)
  }

  #renewBy(entry: Entry, soonest: number): void {
    broughtForward(entry, soonest)
    if (entry.kept !== undefined) this.upkeep.attendTo(entry, soonest)
  }
}
