import type { Clock } from '../clock.ts'
import { again, ClientClosedError, TokenClientError } from '../errors.ts'
import { type Emit, fieldsOf, type RefreshReason } from '../events.ts'
import { retryBudget } from '../http/retry.ts'
import type { TraceRequest } from '../telemetry/request-channel.ts'
import { AccessToken } from '../token/access-token.ts'
import { foreignScope } from '../token/foreign-text.ts'
import { canSurvive, drawLifetime, latestLifetime, type RefreshPolicy } from '../token/lifetime.ts'
import type { TokenSource } from '../token/token-source.ts'
import type { Entry, Underway } from './entry.ts'
import type { FailureMemory } from './failure-memory.ts'
import { type Flight, type Landing, startFlight } from './flight.ts'
import { type KeptToken, onWallClock } from './kept-token.ts'
import { type Now, now } from './now.ts'

export interface RefresherOptions {
  readonly source: TokenSource
  readonly clock: Clock
  /** Milliseconds for a flight. */
  readonly timeout: number
  readonly refresh: RefreshPolicy
  readonly emit: Emit
  /** Aborted when the client closes. */
  readonly closing: AbortSignal
  readonly failures: FailureMemory
  /** The entry wants attention at that monotonic moment. */
  readonly attendBy: (moment: number) => void
  readonly trace?: TraceRequest | undefined
}

const gapBetweenFlights = 1000
const waitAfterSameToken = 30_000

/** Sends flights, keeps what they bring and remembers how they failed. */
export interface Refresher {
  /** The flight under way, else a new one. */
  flight(entry: Entry): Underway
  /** The same, but none while a failure forbids it. */
  flightUnlessBarred(entry: Entry): Underway | undefined
}

export function refresher(options: RefresherOptions): Refresher {
  const { source, clock, timeout, refresh, emit, closing, failures, attendBy } = options
  const budget = retryBudget(clock)

  function start(entry: Entry, moment: number): Underway {
    const { request, kept, lastFlightAt } = entry
    const startIn = lastFlightAt === undefined ? 0 : Math.max(0, lastFlightAt + gapBetweenFlights - moment)
    entry.lastFlightAt = Math.ceil(moment + startIn)
    const rejected = kept?.rejected ? kept.token : undefined
    const ended = (token: AccessToken) => endNow(entry, token)
    const plan = { request, rejected, reason: reasonOf(entry), startIn, source, clock, timeout, budget, closing, ended }
    const flight = startFlight(plan)
    const arrival = flight.landing.then(
      (landing) => landed(entry, flight, landing),
      (cause) => Promise.reject(failed(entry, cause))
    )
    // Nobody may be waiting: a failure is told by the event, and remembered.
    arrival.catch(() => {})
    options.trace?.(request, flight, arrival)
    return { flight, arrival }
  }

  /** The kept token has ended before its time. */
  function endNow(entry: Entry, { authorization }: AccessToken): void {
    const { kept } = entry
    if (kept?.token.authorization !== authorization) return
    const moment = Math.floor(clock.monotonicTime())
    entry.kept = { ...kept, dueAt: moment, suspectAt: moment, endsAt: moment }
    entry.freshUntil = Number.NEGATIVE_INFINITY
  }

  function landed(entry: Entry, flight: Flight, { token, sentAt }: Landing): AccessToken {
    if (closing.aborted) throw new ClientClosedError()
    const former = entry.kept
    const same = former !== undefined && former.token.authorization === token.authorization
    if (same && former.rejected) throw failed(entry, sameToken())

    const kept = same ? keepOn(former.token.serial, token, sentAt) : keep(token, sentAt)
    entry.underway = undefined
    entry.kept = kept
    entry.freshUntil = onWallClock(kept, kept.dueAt)
    entry.useAtRefresh = entry.lastUse
    failures.forget(entry)
    budget.refill()
    attendBy(kept.dueAt)
    tell(entry, flight, kept.token)
    return kept.token
  }

  function keep(
    token: AccessToken,
    { monotonic, wall }: Now,
    lifetime = drawLifetime(lifeOf(token), monotonic, refresh, clock)
  ): KeptToken {
    const { dueAt, suspectAt, endsAt } = lifetime
    const promise = Promise.resolve(token)
    return { token, promise, dueAt, suspectAt, endsAt, clockOffset: wall - monotonic, rejected: false }
  }

  /** The server gave the token that we have: it stays the same token, and is not asked for early again. */
  function keepOn(serial: number, token: AccessToken, sentAt: Now): KeptToken {
    const { value, scope, obtainedAt, expiresAt } = token
    const same = new AccessToken({ value, scope, obtainedAt, expiresAt, serial })
    return keep(same, sentAt, latestLifetime(lifeOf(token), sentAt.monotonic))
  }

  function tell({ request }: Entry, { reason, startedAt, attempts }: Flight, token: AccessToken): void {
    const { serial, expiresAt, scope } = token
    const granted = foreignScope(scope)
    const duration = Math.round(clock.monotonicTime() - startedAt)
    emit('refreshed', { ...fieldsOf(request), serial, reason, expiresAt, granted, duration, attempts })

    if (typeof refresh === 'object' && !canSurvive(refresh.surviveOutage, lifeOf(token))) {
      const message = `The token's life of ${lifeOf(token)} ms is too short for refresh.surviveOutage of ${refresh.surviveOutage} ms.`
      emit('warning', { ...fieldsOf(request), code: 'life_too_short', message })
    }
  }

  function failed(entry: Entry, cause: unknown): TokenClientError {
    entry.underway = undefined
    entry.freshUntil = Number.NEGATIVE_INFINITY
    const error = asTokenClientError(cause)
    if (closing.aborted) return error

    const moment = now(clock)
    const wait = failures.remember(entry, error, moment)
    attendBy(moment.monotonic + wait)
    const nextAttemptAt = Math.ceil(moment.wall + wait)
    emit('refresh-failed', { ...fieldsOf(entry.request), error, serial: entry.kept?.token.serial, nextAttemptAt })
    return again(error, wait)
  }

  function flight(entry: Entry): Underway {
    entry.underway ??= start(entry, clock.monotonicTime())
    return entry.underway
  }

  return {
    flight,
    flightUnlessBarred(entry) {
      if (entry.underway !== undefined) return entry.underway
      if (failures.barring(entry, clock.monotonicTime()) === undefined) return flight(entry)
      void failures.reconsider()
      return undefined
    }
  }
}

function reasonOf({ kept, useAtRefresh }: Entry): RefreshReason {
  if (kept !== undefined) return kept.rejected ? 'rejected' : 'due'
  return useAtRefresh > 0 ? 'expired' : 'first'
}

function lifeOf({ obtainedAt, expiresAt }: AccessToken): number {
  return expiresAt - obtainedAt
}

function sameToken(): TokenClientError {
  const message = 'The authorization server answered with the same token that a resource server has refused.'
  return new TokenClientError('ERR_SAME_TOKEN', message, { transient: true, retryAfter: waitAfterSameToken })
}

function asTokenClientError(cause: unknown): TokenClientError {
  if (cause instanceof TokenClientError) return cause
  return new TokenClientError('ERR_NETWORK', 'The token request failed.', { transient: true, cause })
}
