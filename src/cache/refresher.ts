import type { Clock } from '../clock.ts'
import { again, ClientClosedError, TokenClientError } from '../errors.ts'
import { type Emit, fieldsOf, type RefreshReason } from '../events.ts'
import type { TraceRequest } from '../telemetry/request-channel.ts'
import { AccessToken, originOf } from '../token/access-token.ts'
import { foreignScope } from '../token/foreign-text.ts'
import { canSurvive, type RefreshPolicy } from '../token/lifetime.ts'
import type { TokenSource } from '../token/token-source.ts'
import { retryBudget } from '../waiting/retry.ts'
import { type Attempts, attemptsOf } from './attempts.ts'
import type { EndpointHealth } from './endpoint-health.ts'
import { type Entry, endsBy, failed, landed, tookOff, turnedAway, type Underway } from './entry.ts'
import type { FailureMemory } from './failure-memory.ts'
import { type Flight, type FlightPlan, startFlight, TurnedAway } from './flight.ts'
import { keep, keepOn, type Landing, lifeLeft, wantsRefresh } from './kept-token.ts'
import { type Now, now } from './now.ts'
import type { Sleepers } from './sleepers.ts'

export interface RefresherOptions {
  readonly source: TokenSource
  readonly clock: Clock
  /** Milliseconds for a flight that somebody waits for. */
  readonly timeout: number
  readonly refresh: RefreshPolicy
  readonly emit: Emit
  /** Aborted when the client closes. */
  readonly closing: AbortSignal
  readonly endpoint: EndpointHealth
  readonly failures: FailureMemory
  readonly sleeping: Sleepers
  /** The entry wants attention at that monotonic moment. */
  readonly attendTo: (entry: Entry, moment: number) => void
  /** Something has happened to the key. */
  readonly note: (entry: Entry) => void
  /** A token has landed, bound to something else than the ones before. */
  readonly newBinding: () => void
  readonly trace?: TraceRequest | undefined
}

/** Sends flights, keeps what they bring and remembers how they failed. */
export interface Refresher {
  /** The flight under way, else a new one that callers wait for. */
  flight(entry: Entry): Underway
  /** The same, but none while a failure forbids it. */
  flightUnlessBarred(entry: Entry): Underway | undefined
  /** The same for nobody's sake: not while others go first, whose end starts it then. */
  refreshBehind(entry: Entry): Underway | undefined
  /** The flight under way, else a new one, whatever is remembered here or by others. */
  refreshNow(entry: Entry): Underway
}

const gapBetweenFlights = 1000
const waitAfterSameToken = 30_000

export function refresher(options: RefresherOptions): Refresher {
  const { clock, refresh, emit, closing, endpoint, failures, sleeping, attendTo, note } = options
  const budget = retryBudget(clock)
  let serial = 0
  let boundTo: string | undefined

  function start(entry: Entry, enter: FlightPlan['enter'], reason = reasonOf(entry)): Underway {
    const moment = clock.monotonicTime()
    const startIn = Math.max(0, (entry.lastFlightAt ?? Number.NEGATIVE_INFINITY) + gapBetweenFlights - moment)
    entry.lastFlightAt = Math.ceil(moment + startIn)
    const attempts = attemptsOf(entry, options)
    const { timeout, ask, pauseBefore } = attempts
    const plan = { reason, startIn, timeout, enter, ask, pauseBefore, budget, clock, closing }
    const flight = startFlight(plan)
    const arrival = flight.landing.then(
      (landing) => arrived(entry, flight, landing),
      (cause) => Promise.reject(cause instanceof TurnedAway ? sentAway(entry) : broken(entry, cause, attempts))
    )
    // Nobody may be waiting: a failure is told by the event, and remembered.
    arrival.catch(() => {})
    const underway = { flight, arrival, insist: attempts.insist }
    tookOff(entry, underway)
    note(entry)
    options.trace?.(entry.request, flight, arrival)
    return underway
  }

  function arrived(entry: Entry, flight: Flight, landing: Landing): AccessToken {
    if (closing.aborted) throw new ClientClosedError()
    const { kept: former } = entry
    const { token } = landing
    const isSame = former !== undefined && former.token.authorization === token.authorization
    if (isSame && former.refusedBy !== 'nobody') {
      const { startsAt, life } = lifeLeft(landing)
      endsBy(entry, token, startsAt + life)
      throw fail(entry, sameToken(), landing.sentAt.monotonic, waitAfterSameToken)
    }

    const kept = isSame
      ? keepOn(former, landing)
      : keep({ ...landing, token: AccessToken.numbered(token, ++serial) }, refresh, clock)
    if (boundTo !== undefined && boundTo !== token.boundTo) options.newBinding()
    boundTo = token.boundTo
    landed(entry, kept)
    note(entry)
    if (failures.succeeded()) sleeping.wakeAll()
    else sleeping.wake(entry)
    budget.refill()
    attendTo(entry, kept.dueAt)
    tell(entry, flight, kept.token)
    return kept.token
  }

  function tell({ request }: Entry, { reason, startedAt, attempts }: Flight, token: AccessToken): void {
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

  function broken(entry: Entry, cause: unknown, { failed }: Attempts): TokenClientError {
    const error = asTokenClientError(cause)
    return closing.aborted ? error : fail(entry, error, failed?.sentAt ?? clock.monotonicTime())
  }

  function fail(entry: Entry, error: TokenClientError, sentAt: number, least?: number): TokenClientError {
    failed(entry, failures.flightFailed(entry, error, sentAt, least))
    note(entry)
    const { kept, request } = entry
    const wait = waitOf(entry)
    options.source.rests?.(request, wait)
    const nextAttemptAt = Math.ceil(clock.wallTime() + wait)
    emit('refresh-failed', { ...fieldsOf(request), error, serial: kept?.token.serial, nextAttemptAt })
    return again(error, wait)
  }

  /** Others were asking, and the server was found ill. */
  function sentAway(entry: Entry): TokenClientError {
    turnedAway(entry)
    note(entry)
    if (closing.aborted) return new ClientClosedError()
    return again(asTokenClientError(endpoint.failure?.error), waitOf(entry))
  }

  /** Milliseconds until the key may be asked for again; it is looked at then. */
  function waitOf(entry: Entry): number {
    const moment = clock.monotonicTime()
    const barredUntil = Math.max(moment, failures.barredUntil(entry))
    attendTo(entry, barredUntil)
    return barredUntil - moment
  }

  function flight(entry: Entry): Underway {
    return entry.underway ?? start(entry, (signal) => endpoint.enter(entry, signal))
  }

  function refreshBehind(entry: Entry): Underway | undefined {
    if (entry.underway !== undefined) return entry.underway
    if (closing.aborted || isBarred(entry, false)) return undefined
    const place = endpoint.enterBehind(entry, () => {
      if (isWanted(entry, now(clock))) refreshBehind(entry)
    })
    return place && start(entry, () => place)
  }

  /** A refused credential is the one reason to wait that a look can end. */
  function isBarred(entry: Entry, isAwaited: boolean): boolean {
    if (failures.barring(entry, clock.monotonicTime(), isAwaited) === undefined) return false
    failures.reconsider().then((isLifted) => {
      if (isLifted && isWanted(entry, now(clock))) refreshBehind(entry)
    })
    return true
  }

  return {
    flight,
    flightUnlessBarred: (entry) => entry.underway ?? (isBarred(entry, true) ? undefined : flight(entry)),
    refreshBehind,
    refreshNow(entry) {
      const underway = entry.underway ?? start(entry, (signal) => endpoint.enter(entry, signal), 'asked')
      underway.insist()
      return underway
    }
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
