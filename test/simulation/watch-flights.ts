import type { Refreshed } from '../../src/events.ts'
import { isClients, isServers } from './expected-law.ts'
import type { Ledger, Setback } from './ledger.ts'
import { earliestByServer, endByClient, mayBeWellSince } from './server-failures.ts'
import { attemptSince, ledgerOf, longestInBackground, longestTrialOf, otherLedgers, slackOf } from './service-state.ts'
import { second } from './units.ts'
import type { Service, World } from './world.ts'

const gapBetweenFlights = second
/** Three attempts, one more after a broken connection, and one more if a refused credential has changed. */
const attemptsOfFlight = 5

/** Checks I3 and the first half of I4 when a token request leaves. Its flight ends with its event. */
export function tokenRequested(world: World, service: Service, ledger: Ledger): void {
  const { host, name } = service
  const moment = host.monotonicTime()
  ledger.askedAt = world.line.now
  if (!ledger.goesOn || ledger.flightAt === undefined) ledger.sentAt = moment
  ledger.goesOn = false
  ledger.isLate = service.machine.suppliedLateAt > moment - longestInBackground
  if (service.closed) world.violate('I8', name, 'a token request after close')
  if (ledger.inFlight > 0) world.violate('I3', name, `two token requests at once for "${ledger.scope}"`)

  if (ledger.flightAt === undefined) {
    // With a store a flight first looks there, so its request leaves later than it begins, and its start cannot be judged.
    if (!world.settings.isShared) judgeStart(world, service, ledger)
    ledger.flightAt = moment
    ledger.lastFlightAt = moment
    // While the server is ill, only one request is sent at a time. The other flights have begun and wait for their turn.
    const mayHaveQueued = ledger.isLate || service.server.failures.length > 0
    // An attempt whose search for metadata fails sends no request.
    const mayHaveSearched = service.search.endedAt > world.line.now - longestInBackground
    ledger.heldBack = mayHaveQueued || mayHaveSearched ? longestInBackground : longestTrialOf(service, ledger)
    ledger.attempts = 0
  }
  ledger.attempts += 1
  if (ledger.attempts > attemptsOfFlight) world.violate('I4', name, `attempt ${ledger.attempts} of one flight`)
  const flown = moment - ledger.flightAt
  if (flown > Math.max(world.settings.timeout, longestInBackground) + slackOf(service))
    world.violate('I4', name, `an attempt after ${flown} ms of flight`)
}

function judgeStart(world: World, service: Service, ledger: Ledger): void {
  const { host, name, machine } = service
  const moment = host.monotonicTime()
  const gap = moment - ledger.lastFlightAt
  if (gap < gapBetweenFlights - machine.slack - ledger.heldBack)
    world.violate('I4', name, `a flight ${gap} ms after the last one`)
  const { setback } = ledger
  const told = setback === undefined || isLifted(setback, service, ledger, moment) ? 0 : setback.notBefore
  const early = Math.max(told, earliestByClient(service, ledger, moment), earliestByServer(service, ledger)) - moment
  if (early > machine.slack) world.violate('I4', name, `a flight for "${ledger.scope}" ${early} ms before its time`)
}

/** Until when a refusal of the client that another kind of token met keeps this kind from asking. */
function earliestByClient(service: Service, ledger: Ledger, moment: number): number {
  const { refusal } = service
  if (refusal === undefined || refusal.scope === ledger.scope) return 0
  // The flight began before the refusal.
  if (refusal.at > Math.min(attemptSince(service, ledger), moment - slackOf(service))) return 0
  return endByClient(service, ledger)?.least ?? 0
}

/** The longest time between the status of a refusal and the end of its body. Milliseconds. */
const longestBody = 100

/** The token was refused in the moment of the failure. Nobody can tell whether the library counted the failure with a token or without one. */
function isRefusedTogetherWith({ at }: Setback, { serials, refused }: Service, { held }: Ledger): boolean {
  const [first] = refused.get(serials.get(held?.value ?? '') ?? 0)?.values() ?? []
  return first !== undefined && Math.abs(first - at) < longestBody
}

/**
 * Whether a setback no longer holds. That is so if the credential has changed, if the token in hand has ended, or if another kind of token
 * has found the server well or has met a later failure of it.
 */
function isLifted(setback: Setback, service: Service, ledger: Ledger, moment: number): boolean {
  const { held } = ledger
  const { error, at } = setback
  const { slack } = service.machine
  const hasAnotherFailed = anotherHasFailed(service, ledger, moment)
  if (isClients(error) && setback.secret !== service.machine.secret) return true
  // None of its requests was seen, so it only waited behind the request of another kind of token.
  if (isServers(error) && setback.isUnseen && hasAnotherFailed) return true
  // A later failure of the server replaces it.
  if (isServers(error) && service.server.failedAt > at && moment >= service.server.failedAt + second - slack)
    return true
  if (isRefusedTogetherWith(setback, service, ledger)) return true
  if (mayBeWellSince(service, ledger, at) && moment >= at + setback.own - slack) return true
  // Callers without a token wait for the failures of their own kind, but not for a failure that only another kind met.
  if (hasAnotherFailed && !isServers(error)) {
    const own = isClients(error) ? (endByClient(service, ledger)?.least ?? 0) : at + setback.own
    if (own >= at && moment >= own - slack) return true
  }
  return held !== undefined && held.endsAt >= at && moment >= held.endsAt - slack
}

/** Whether another kind of token has met a failure of the server, in an attempt of its own or in its whole flight. */
function anotherHasFailed(service: Service, ledger: Ledger, moment: number): boolean {
  const waits = ({ setback }: Ledger) => setback !== undefined && isServers(setback.error) && setback.notBefore > moment
  const hasMetOne = ({ badAt }: Ledger) => badAt !== undefined && badAt > service.server.goodAt
  return otherLedgers(service, ledger).some((other) => waits(other) || hasMetOne(other))
}

/** I6: a token that nobody refused is not replaced because of a rejection, and serials rise. */
export function refreshed(world: World, service: Service, { scope, serial, reason, origin }: Refreshed): void {
  const ledger = ledgerOf(service, scope.join(' '))
  if (origin === 'store') {
    ledger.arrived = service.tokens.get(service.found.get(ledger.scope) ?? '')
    // The server has answered another instance, so it works.
    service.server.illSince = undefined
  }
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
  ledger.mayBeAlone = false
  ledger.mayBeRefusedAlone = false
  service.refusal = undefined
  service.grantedAt = service.host.monotonicTime()
}
