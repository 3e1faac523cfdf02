import type { ErrorCode, TokenClientError } from '../../src/errors.ts'
import type { Refreshed, RefreshFailed } from '../../src/events.ts'
import { ceilingWithoutToken, isServers, lastAttempt, lawfulWait, type Situation } from './expected-law.ts'
import type { Ledger, Row, Setback } from './ledger.ts'
import { longestInBackground, possibleRows, situationsOf } from './possible-situations.ts'
import { hasUsableToken, ledgerOf, slackOf } from './service-state.ts'
import { marker } from './verdict.ts'
import type { Service, World } from './world.ts'

const gapBetweenFlights = 1000
/** Three, one more after a broken connection, and one more after a refused credential that has changed. */
const attemptsOfFlight = 5

const refusalsOfTheClient: readonly ErrorCode[] = [
  'ERR_INVALID_CLIENT',
  'ERR_CLIENT_AUTHENTICATION_FAILED',
  'ERR_UNAUTHORIZED_CLIENT',
  'ERR_UNSUPPORTED_GRANT_TYPE'
]

/** I3 and the first half of I4: a token request leaves. Its flight is over when its event was told. */
export function tokenRequested(world: World, service: Service, ledger: Ledger): void {
  const { host, name } = service
  const moment = host.monotonicTime()
  ledger.askedAt = world.line.now
  ledger.sentAt = moment
  if (service.closed) world.violate('I8', name, 'a token request after close')
  if (ledger.inFlight > 0) world.violate('I3', name, `two token requests at once for "${ledger.scope}"`)

  if (ledger.flightAt === undefined) {
    // Behind a store a flight asks later than it begins, by as long as it has looked there.
    if (!world.settings.isShared) judgeStart(world, service, ledger)
    ledger.flightAt = moment
    ledger.lastFlightAt = moment
    ledger.attempts = 0
  }
  ledger.attempts += 1
  if (ledger.attempts > attemptsOfFlight) world.violate('I4', name, `attempt ${ledger.attempts} of one flight`)
  const flown = moment - ledger.flightAt
  if (flown > Math.max(world.settings.timeout, longestInBackground) + slackOf(service))
    world.violate('I4', name, `an attempt after ${flown} ms of flight`)
}

function judgeStart(world: World, service: Service, ledger: Ledger): void {
  const { host, name } = service
  const moment = host.monotonicTime()
  const gap = moment - ledger.lastFlightAt
  if (gap < gapBetweenFlights - slackOf(service)) world.violate('I4', name, `a flight ${gap} ms after the last one`)
  for (const setback of [ledger.setback, service.refusal]) {
    const early = setback === undefined || isLifted(setback, service, ledger, moment) ? 0 : setback.notBefore - moment
    if (early > slackOf(service)) world.violate('I4', name, `a flight ${early} ms before its time`)
  }
}

/**
 * The credential has changed; the token has ended that was in hand; the server has shown itself well to another key; or the flight
 * had begun before another kind's was refused.
 */
function isLifted(setback: Setback, service: Service, { scope, held }: Ledger, moment: number): boolean {
  const { error, at } = setback
  const slack = slackOf(service)
  const isOthers = setback.scope !== scope
  if (isOthers && moment - at < slack) return true
  if (refusalsOfTheClient.includes(error.code) && setback.secret !== service.machine.secret) return true
  // What another kind has met since has taken its place.
  if (isServers(error) && service.server.failedAt > at && moment >= service.server.failedAt + 1000 - slack) return true
  if (service.server.goodAt > at && moment >= at + setback.own - slack) return true
  // Callers without a token wait for what their own kind has met, and not for what another kind alone has.
  if (isForAnother(service, scope, moment) && !isServers(error) && !isOthers && moment >= at + setback.own - slack)
    return setback.own > 0
  if (isOthers && (held === undefined || held.endsAt < moment) && moment >= at + setback.others - slack) return true
  if (held === undefined || held.endsAt < at) return false
  // A kind of token that the refusal was not told for has a last tenth of its own.
  return moment >= (isOthers ? at + lastAttempt(held.endsAt - at).least : held.endsAt) - slack
}

/** Whether another kind of token has met a failure of the server, in an attempt of its own or in its whole flight. */
function isForAnother({ ledgers, server }: Service, scope: string, moment: number): boolean {
  const others = [...ledgers.values()].filter((other) => other.scope !== scope)
  const waits = ({ setback }: Ledger) => setback !== undefined && isServers(setback.error) && setback.notBefore > moment
  return others.some((other) => waits(other) || (other.badAt !== undefined && other.badAt > server.goodAt))
}

/** I6: a token in hand that nobody refused is not replaced for a rejection, and serials rise. */
export function refreshed(world: World, service: Service, { scope, serial, reason, origin }: Refreshed): void {
  const ledger = ledgerOf(service, scope.join(' '))
  if (origin === 'store') ledger.arrived = service.tokens.get(service.found.get(ledger.scope) ?? '')
  const { arrived, held } = ledger
  const former = held && service.serials.get(held.value)
  if (arrived === undefined) {
    world.violate('I6', service.name, 'refreshed without an answer')
    return
  }
  if (reason === 'rejected' && (former === undefined || !service.refused.has(former)))
    world.violate('I6', service.name, `serial ${former} was replaced as rejected, and nobody had rejected it`)
  if (former !== undefined && serial < former) world.violate('I6', service.name, `serial ${serial} after ${former}`)

  service.serials.set(arrived.value, serial)
  ledger.held = arrived
  ledger.flightAt = undefined
  ledger.setback = undefined
  ledger.badAt = undefined
  service.refusal = undefined
}

/** The second half of I4, and I9: how long the library says that it waits lies between the least and the most of the law. */
export function refreshFailed(world: World, service: Service, { scope, error, nextAttemptAt }: RefreshFailed): void {
  const { host, name } = service
  if (error.message.includes(marker)) world.violate('I9', name, `the error ${error.code} holds a secret or a token`)
  const ledger = ledgerOf(service, scope.join(' '))
  const moment = host.monotonicTime()
  const wait = nextAttemptAt - host.wallTime()
  const failedAt = failureAt(service, ledger, error)
  ledger.flightAt = undefined
  // Of a search for metadata too, which no token request shows.
  if (isServers(error)) service.server.failedAt = Math.max(service.server.failedAt, failedAt)
  if (error.code === 'ERR_SAME_TOKEN') cameAgain(service, ledger)

  const isClients = refusalsOfTheClient.includes(error.code)
  const { timeout } = world.settings
  const isUsable = hasUsableToken(service, ledger)
  const rows = possibleRows(ledger.setback, ledger.held, failedAt, timeout, isUsable)
  const refusals = isClients ? possibleRows(service.refusal, ledger.held, failedAt, timeout, isUsable) : rows
  const situations = situationsOf(service, ledger, error, refusals, failedAt)
  const isLaw = world.settings.isShared || situations.some((situation) => isLawful(wait, situation, service, failedAt))
  if (!isLaw)
    world.violate(
      'I4',
      name,
      `waits ${wait} ms after ${error.code}, by the law ${JSON.stringify(situations.map(lawfulWait))}`
    )
  if (!world.settings.isShared) countWait(world, wait, situations)

  const own =
    isServers(error) || isClients ? 0 : Math.min(...situations.map((situation) => lawfulWait(situation).least))
  const others = waitOfOthers(situations, refusals)
  const known = { error, scope: ledger.scope, at: moment, notBefore: moment + wait, own, others, secret: ledger.secret }
  ledger.setback = { ...known, rows }
  if (isClients) service.refusal = { ...known, rows: refusals }
}

/** What another kind of token waits at least that has none to rely on. */
function waitOfOthers(situations: readonly Situation[], rows: readonly Row[]): number {
  const failures = Math.max(1, Math.min(...rows.map(({ withoutToken }) => withoutToken)))
  return Math.min(...situations.map((situation) => lawfulWait({ ...situation, failures, remaining: undefined }).least))
}

/**
 * A failure of the server counts from the end of its request, or of the search for metadata behind it: its flight can have waited
 * since for another attempt, in vain.
 */
function failureAt({ host, search }: Service, { flightAt, endedAt }: Ledger, error: TokenClientError): number {
  const moment = host.monotonicTime()
  if (!isServers(error) || flightAt === undefined || endedAt < flightAt) return moment
  return Math.min(moment, Math.max(endedAt, search.endedAt - host.suspended))
}

/** The refused token came once more: of that answer nothing counts but an earlier end. */
function cameAgain({ tokens }: Service, ledger: Ledger): void {
  const { held } = ledger
  if (held === undefined) return
  const came = tokens.get(held.value) ?? held
  ledger.held = { ...held, endsAt: Math.min(held.endsAt, came.endsAt), toldEnd: came.toldEnd }
  tokens.set(held.value, ledger.held)
}

/** The wait counts from the failure on: part of it can be over. */
function isLawful(left: number, situation: Situation, service: Service, failedAt: number): boolean {
  const { least, most } = lawfulWait(situation)
  const slack = slackOf(service)
  const over = service.host.monotonicTime() - failedAt
  const wait = over + left
  // What another kind of token has met holds for this one too: failures together count from the first of them, and waits add up.
  const isAlone = service.ledgers.size === 1
  const refusedUntil = (service.refusal?.notBefore ?? 0) - failedAt
  const longest = isAlone ? Math.max(most, refusedUntil, over) : longestWait
  return wait >= (isAlone ? least : 0) - slack && wait <= longest + slack
}

const longestWait = 600_000

/** A ceiling so low would be hidden by the second that every wait has at least. Milliseconds. */
const tellingCeiling = 8000

function countWait({ statistics }: World, wait: number, situations: readonly Situation[]): void {
  const [{ error, outage, remaining }] = situations as [Situation]
  const ceiling = ceilingWithoutToken(outage.most)
  if (remaining !== undefined || !error.transient || error.retryAfter !== undefined || ceiling < tellingCeiling) return
  if (situations.some((other) => other.outage.least !== outage.most || other.remaining !== remaining)) return
  statistics.waits += 1
  statistics.sumOfWaits += wait / ceiling
}
