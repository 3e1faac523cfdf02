import type { ErrorCode } from '../../src/errors.ts'
import type { Refreshed, RefreshFailed } from '../../src/events.ts'
import { ceilingWithoutToken, lawfulWait, type Situation } from './law.ts'
import type { Ledger, Row, Setback } from './ledger.ts'
import { ledgerOf, type Service, slackOf } from './service.ts'
import { marker } from './verdict.ts'
import type { World } from './world.ts'

const gapBetweenFlights = 1000
/** Milliseconds that rounding may move a moment by. */
const roundedTo = 2
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
  if (service.closed) world.violate('I8', name, 'a token request after close')
  if (ledger.inFlight > 0) world.violate('I3', name, `two token requests at once for "${ledger.scope}"`)

  if (ledger.flightAt === undefined) {
    const gap = moment - ledger.lastFlightAt
    if (gap < gapBetweenFlights - slackOf(service)) world.violate('I4', name, `a flight ${gap} ms after the last one`)
    for (const setback of [ledger.setback, service.refusal]) {
      const early = setback === undefined || isLifted(setback, service, ledger, moment) ? 0 : setback.notBefore - moment
      if (early > slackOf(service)) world.violate('I4', name, `a flight ${early} ms before its time`)
    }
    ledger.flightAt = moment
    ledger.lastFlightAt = moment
    ledger.attempts = 0
  }
  ledger.attempts += 1
  if (ledger.attempts > attemptsOfFlight) world.violate('I4', name, `attempt ${ledger.attempts} of one flight`)
  const flown = moment - ledger.flightAt
  if (flown > world.settings.timeout + slackOf(service))
    world.violate('I4', name, `an attempt after ${flown} ms of flight`)
}

/** The credential has changed, the token has ended that it was decided with, or the flight had begun before another kind's was refused. */
function isLifted(
  { error, held, secret, scope, at }: Setback,
  service: Service,
  ledger: Ledger,
  moment: number
): boolean {
  if (scope !== ledger.scope && moment - at < slackOf(service)) return true
  if (!error.transient) return secret !== service.machine.secret
  return held !== undefined && held.endsAt <= moment + slackOf(service)
}

/** I6: a token in hand that nobody refused is not replaced for a rejection, and serials rise. */
export function refreshed(world: World, service: Service, { scope, serial, reason }: Refreshed): void {
  const ledger = ledgerOf(service, scope.join(' '))
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
  service.refusal = undefined
}

/** The second half of I4, and I9: how long the library says that it waits lies between the least and the most of the law. */
export function refreshFailed(world: World, service: Service, { scope, error, nextAttemptAt }: RefreshFailed): void {
  const { host, name } = service
  if (error.message.includes(marker)) world.violate('I9', name, `the error ${error.code} holds a secret or a token`)
  const ledger = ledgerOf(service, scope.join(' '))
  const ofClient = refusalsOfTheClient.includes(error.code)
  const former = ofClient ? service.refusal : ledger.setback
  const moment = host.monotonicTime()
  const wait = nextAttemptAt - host.wallTime()
  ledger.flightAt = undefined
  // The refused token came once more: nothing in that answer counts, its end neither.
  if (error.code === 'ERR_SAME_TOKEN' && ledger.held !== undefined) service.tokens.set(ledger.held.value, ledger.held)
  // Kinds of tokens that are refused together are one refusal of the client.
  if (ofClient && former !== undefined && Math.abs(former.notBefore - moment - wait) < roundedTo) return

  const lives = possibleLives(service, ledger, moment)
  const rows = possibleRows(former, moment, world.settings.timeout)
  const situationsOf = ({ failures, since }: Row): Situation[] =>
    lives.map((remaining) => ({ error, failures, outage: moment - since, remaining }))
  const lawful = rows.filter((row) =>
    situationsOf(row).some((situation) => isLawful(wait, situation, slackOf(service)))
  )
  const situations = rows.flatMap(situationsOf)
  if (lawful.length === 0) {
    const waits = JSON.stringify(situations.map(lawfulWait))
    world.violate('I4', name, `waits ${wait} ms after ${error.code}, by the law ${waits}`)
  }
  if (situations.length === 1) countWait(world, wait, situations[0] as Situation)

  const { held } = ledger
  const setback = {
    error,
    scope: ledger.scope,
    rows: lawful,
    at: moment,
    notBefore: moment + wait,
    held,
    secret: ledger.secret
  }
  if (ofClient) service.refusal = setback
  else ledger.setback = setback
}

/** A token that a resource server refused may count as none, and so may one whose end is as near as can be measured. */
function possibleLives(service: Service, { held }: Ledger, moment: number): (number | undefined)[] {
  const remaining = held === undefined ? 0 : held.endsAt - moment
  if (held === undefined || remaining <= 0) return [undefined]
  const refused = service.refused.has(service.serials.get(held.value) ?? 0)
  return refused || remaining < slackOf(service) ? [remaining, undefined] : [remaining]
}

const longestDisuse = 600_000

/**
 * A kind of token that nobody asks for is let go when its token has ended and its last flight has, or when it has had none for
 * long, and with it its failures.
 */
function possibleRows(former: Setback | undefined, moment: number, timeout: number): readonly Row[] {
  const first = { failures: 1, since: moment }
  if (former === undefined) return [first]
  const next = former.rows.map(({ failures, since }) => ({ failures: failures + 1, since }))
  const { held, at, notBefore } = former
  const endedSince = held !== undefined && held.endsAt > at - timeout && held.endsAt <= moment
  return endedSince || moment >= notBefore + longestDisuse ? [...next, first] : next
}

function isLawful(wait: number, situation: Situation, slack: number): boolean {
  const { least, most } = lawfulWait(situation)
  return wait >= least - slack && wait <= most + slack
}

/** A ceiling so low would be hidden by the second that every wait has at least. Milliseconds. */
const tellingCeiling = 8000

function countWait({ statistics }: World, wait: number, { error, failures, outage, remaining }: Situation): void {
  const ceiling = ceilingWithoutToken(failures, outage)
  if (remaining !== undefined || !error.transient || error.retryAfter !== undefined || ceiling < tellingCeiling) return
  statistics.waits += 1
  statistics.sumOfWaits += wait / ceiling
}
