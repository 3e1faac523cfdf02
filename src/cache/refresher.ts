import type { Clock } from '../clock.ts'
import type { EndpointHealth } from '../endpoint-health/endpoint-health.ts'
import { again, ClientClosedError, TokenClientError } from '../errors.ts'
import { type Emit, fieldsOf, type RefreshReason } from '../events.ts'
import type { TraceRequest } from '../telemetry/request-channel.ts'
import { AccessToken, originOf } from '../token/access-token.ts'
import { foreignScope } from '../token/foreign-text.ts'
import { canSurvive, type RefreshPolicy } from '../token/lifetime.ts'
import type { TokenSource } from '../token/token-source.ts'
import type { Ending } from '../waiting/ending.ts'
import { RetryBudget } from '../waiting/retry-budget.ts'
import { Attempts } from './attempts.ts'
import { type Entry, endsBy, failed, landed, tookOff, turnedAway, type Underway } from './entry.ts'
import type { FailedFlight, FailureMemory } from './failure-memory.ts'
import { type Flight, type FlightPlan, startFlight, TurnedAway } from './flight.ts'
import { keep, keepOn, type Landing, lifeLeft, wantsRefresh } from './kept-token.ts'
import { type Now, now } from './now.ts'
import type { Sleepers } from './sleepers.ts'

export interface RefresherOptions {
  readonly source: TokenSource
  readonly clock: Clock
  /** Milliseconds for a flight for which callers wait. */
  readonly timeout: number
  readonly refreshPolicy: RefreshPolicy
  readonly emit: Emit
  /** Aborted when the client closes. */
  readonly closing: Ending
  readonly endpoint: EndpointHealth
  readonly failures: FailureMemory
  readonly sleepers: Sleepers
  /** The entry needs attention at that monotonic moment. */
  readonly upkeep: { attendTo(entry: Entry, moment: number): void }
  /** Something has happened to the key. */
  note(entry: Entry): void
  /** A token has arrived that is bound to something else than the earlier ones. */
  newBinding(): void
  readonly trace?: TraceRequest | undefined
}

/** How many milliseconds lie between two flights of one key. The first attempt of the second flight waits for the rest of them. */
export const gapBetweenFlights = 1000
const waitAfterSameToken = 30_000

/** Starts flights, keeps their tokens and remembers their failures. */
export class Refresher {
  readonly #cache: RefresherOptions
  readonly #budget: RetryBudget
  #serial = 0
  #boundTo: string | undefined

  constructor(options: RefresherOptions) {
    this.#cache = options
    this.#budget = new RetryBudget(options.clock)
  }

  /** The current flight, or a new one for which callers wait. */
  flight(entry: Entry, reason?: RefreshReason): Underway {
    const { endpoint } = this.#cache
    return entry.underway ?? this.#start(entry, (signal) => endpoint.takeSlot(entry, signal), reason)
  }

  /** The same, but no flight while a failure forbids it. */
  flightUnlessBarred(entry: Entry): Underway | undefined {
    return entry.underway ?? (this.#isBarred(entry, true) ? undefined : this.flight(entry))
  }

  /** The same for a refresh in the background. It does not start while others go first, and starts when those have ended. */
  refreshInBackground(entry: Entry): Underway | undefined {
    const { clock, closing, endpoint } = this.#cache
    if (entry.underway !== undefined) return entry.underway
    if (closing.aborted || this.#isBarred(entry, false)) return undefined
    const slot = endpoint.takeSlotInBackground(entry, () => {
      if (isWanted(entry, now(clock))) this.refreshInBackground(entry)
    })
    return slot && this.#start(entry, () => slot)
  }

  /** The current flight, or a new one, whatever failures this or another instance remembers. */
  refreshNow(entry: Entry): Underway {
    const underway = this.flight(entry, 'asked')
    underway.insist()
    return underway
  }

  #start(entry: Entry, takeSlot: FlightPlan['takeSlot'], reason = reasonOf(entry)): Underway {
    const { clock, closing, trace } = this.#cache
    const moment = clock.monotonicTime()
    const startIn = Math.max(0, (entry.lastFlightAt ?? Number.NEGATIVE_INFINITY) + gapBetweenFlights - moment)
    entry.lastFlightAt = Math.ceil(moment + startIn)
    const attempts = new Attempts(entry, this.#cache)
    const flight = startFlight({ reason, startIn, takeSlot, attempts, budget: this.#budget, clock, closing })
    const arrival = flight.landing.then(
      (landing) => this.#arrived(entry, flight, landing),
      (cause) =>
        Promise.reject(cause instanceof TurnedAway ? this.#sentAway(entry) : this.#broken(entry, cause, attempts))
    )
    // Perhaps nobody is waiting. A failure is reported by the event and remembered.
    arrival.catch(() => {})
    const underway = { flight, arrival, insist: () => attempts.insist() }
    tookOff(entry, underway)
    this.#cache.note(entry)
    trace?.(entry.request, flight, arrival)
    return underway
  }

  #arrived(entry: Entry, flight: Flight, landing: Landing): AccessToken {
    const { clock, refreshPolicy, closing, failures, sleepers, upkeep } = this.#cache
    if (closing.aborted) throw new ClientClosedError()
    const { kept: former } = entry
    const { token } = landing
    const isSame = former !== undefined && former.token.authorization === token.authorization
    if (isSame && former.refusedBy !== 'nobody') {
      const { startsAt, life } = lifeLeft(landing)
      endsBy(entry, token, startsAt + life)
      const sentAt = landing.sentAt.monotonic
      throw this.#fail(entry, {
        error: sameToken(),
        sentAt,
        firstAttemptFailedAt: sentAt,
        leastWait: waitAfterSameToken
      })
    }

    const kept = isSame
      ? keepOn(former, landing)
      : keep({ ...landing, token: AccessToken.numbered(token, ++this.#serial) }, refreshPolicy, clock)
    if (this.#boundTo !== undefined && this.#boundTo !== token.boundTo) this.#cache.newBinding()
    this.#boundTo = token.boundTo
    landed(entry, kept)
    this.#cache.note(entry)
    if (failures.succeeded(token)) sleepers.wakeAll()
    else sleepers.wake(entry)
    this.#budget.refill()
    upkeep.attendTo(entry, kept.dueAt)
    this.#tell(entry, flight, kept.token)
    return kept.token
  }

  #tell({ request }: Entry, { reason, startedAt, attempts }: Flight, token: AccessToken): void {
    const { clock, refreshPolicy: refresh, emit } = this.#cache
    const { serial, expiresAt } = token
    const granted = foreignScope(token.scope)
    const duration = Math.round(clock.monotonicTime() - startedAt)
    const told = { serial, reason, origin: originOf(token), expiresAt, granted, duration, attempts }
    emit('refreshed', { ...fieldsOf(request), ...told })

    if (typeof refresh === 'object' && !canSurvive(refresh.surviveOutage, lifeOf(token))) {
      const message = `The token's life of ${lifeOf(token)} ms is too short for refresh.surviveOutage of ${refresh.surviveOutage} ms.`
      emit('warning', { ...fieldsOf(request), code: 'life_too_short', message })
    }
  }

  #broken(entry: Entry, cause: unknown, { failed }: Attempts): TokenClientError {
    const { clock, closing } = this.#cache
    const error = asTokenClientError(cause)
    const moment = clock.monotonicTime()
    return closing.aborted
      ? error
      : this.#fail(entry, { sentAt: moment, firstAttemptFailedAt: moment, ...failed, error })
  }

  #fail(entry: Entry, flight: FailedFlight): TokenClientError {
    const { source, clock, emit, failures } = this.#cache
    const { error } = flight
    failed(entry, failures.flightFailed(entry, flight))
    this.#cache.note(entry)
    const { kept, request } = entry
    const wait = this.#waitOf(entry)
    source.rests?.(request, wait)
    const nextAttemptAt = Math.ceil(clock.wallTime() + wait)
    emit('refresh-failed', { ...fieldsOf(request), error, serial: kept?.token.serial, nextAttemptAt })
    return again(error, wait)
  }

  /** Other flights were under way, and the server turned out to be ill. */
  #sentAway(entry: Entry): TokenClientError {
    const { closing, endpoint } = this.#cache
    turnedAway(entry)
    this.#cache.note(entry)
    if (closing.aborted) return new ClientClosedError()
    return again(asTokenClientError(endpoint.failure?.error), this.#waitOf(entry))
  }

  /** Milliseconds until the next request for the key is allowed. The key is checked then. */
  #waitOf(entry: Entry): number {
    const { clock, failures, upkeep } = this.#cache
    const moment = clock.monotonicTime()
    const barredUntil = Math.max(moment, failures.barredUntil(entry))
    upkeep.attendTo(entry, barredUntil)
    return barredUntil - moment
  }

  /** A refused credential is the only reason to wait that reading something can end. */
  #isBarred(entry: Entry, isAwaited: boolean): boolean {
    const { clock, failures } = this.#cache
    if (failures.barring(entry, clock.monotonicTime(), isAwaited) === undefined) return false
    failures.reconsider().then((isLifted) => {
      if (isLifted && isWanted(entry, now(clock))) this.refreshInBackground(entry)
    })
    return true
  }
}

/** Whether another token is needed: the kept one is due, or there is none and the key is pinned. */
function isWanted(entry: Entry, moment: Now): boolean {
  return entry.kept === undefined ? entry.pinned : wantsRefresh(entry.kept, moment)
}

function reasonOf({ kept, useAtRefresh }: Entry): RefreshReason {
  if (kept !== undefined) return kept.refusedBy === 'nobody' ? 'due' : 'rejected'
  return useAtRefresh > 0 ? 'expired' : 'first'
}

function lifeOf({ obtainedAt, expiresAt }: AccessToken): number {
  return expiresAt - obtainedAt
}

function sameToken(): TokenClientError {
  const message = 'The authorization server answered with the same token that a resource server has refused.'
  return new TokenClientError('ERR_SAME_TOKEN', message, { transient: true })
}

function asTokenClientError(cause: unknown): TokenClientError {
  if (cause instanceof TokenClientError) return cause
  return new TokenClientError('ERR_NETWORK', 'The token request failed.', { transient: true, cause })
}
