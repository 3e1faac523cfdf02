import type { ErrorCode, TokenClientError } from '../../src/errors.ts'
import type { Refreshed, RefreshFailed } from '../../src/events.ts'
import { ceilingWithoutToken, isServers, lastAttempt, lawfulWait, type Situation } from './expected-law.ts'
import type { Held, Ledger, Row, Setback } from './ledger.ts'
import { hasUsableToken, ledgerOf, type Service, slackOf } from './service-process.ts'
import { marker } from './verdict.ts'
import type { World } from './world.ts'

const gapBetweenFlights = 1000
/** Milliseconds that a refresh may take which nobody waits for. */
const longestInBackground = 31_500
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
  if (flown > Math.max(world.settings.timeout, longestInBackground) + slackOf(service))
    world.violate('I4', name, `an attempt after ${flown} ms of flight`)
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
  if (held === undefined || held.endsAt < at) return false
  // A kind of token that the refusal was not told for has a last tenth of its own.
  return moment >= (isOthers ? at + lastAttempt(held.endsAt - at).least : held.endsAt) - slack
}

/** Whether another kind of token waits because the server has failed for it. */
function isForAnother({ ledgers }: Service, scope: string, moment: number): boolean {
  return [...ledgers.values()].some((other) => {
    const { setback } = other
    return other.scope !== scope && setback !== undefined && isServers(setback.error) && setback.notBefore > moment
  })
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
  ledger.flightAt = undefined
  if (error.code === 'ERR_SAME_TOKEN') cameAgain(service, ledger)

  const isClients = refusalsOfTheClient.includes(error.code)
  const rows = possibleRows(
    ledger.setback,
    ledger.held,
    moment,
    world.settings.timeout,
    hasUsableToken(service, ledger)
  )
  const refusals = isClients ? possibleRows(service.refusal, ledger.held, moment, world.settings.timeout, true) : rows
  const situations = situationsOf(service, ledger, error, refusals, moment)
  if (!situations.some((situation) => isLawful(wait, situation, service, moment)))
    world.violate(
      'I4',
      name,
      `waits ${wait} ms after ${error.code}, by the law ${JSON.stringify(situations.map(lawfulWait))}`
    )
  countWait(world, wait, situations)

  const own =
    isServers(error) || isClients ? 0 : Math.min(...situations.map((situation) => lawfulWait(situation).least))
  const known = { error, scope: ledger.scope, at: moment, notBefore: moment + wait, own, secret: ledger.secret }
  ledger.setback = { ...known, rows }
  if (isClients) service.refusal = { ...known, rows: refusals }
}

/** The refused token came once more: of that answer nothing counts but an earlier end. */
function cameAgain({ tokens }: Service, ledger: Ledger): void {
  const { held } = ledger
  if (held === undefined) return
  const came = tokens.get(held.value) ?? held
  ledger.held = { ...held, endsAt: Math.min(held.endsAt, came.endsAt), toldEnd: came.toldEnd }
  tokens.set(held.value, ledger.held)
}

/** All that may be the case, as far as the outside shows it. */
function situationsOf(
  service: Service,
  ledger: Ledger,
  error: TokenClientError,
  rows: readonly Row[],
  moment: number
): Situation[] {
  const { server, serials, refused, ledgers } = service
  const { held } = ledger
  const isServer = isServers(error)
  const lives = possibleLives(service, ledger, error, moment)
  // A refusal that comes soon after another one is not listened to.
  const isRefused = held !== undefined && refused.has(serials.get(held.value) ?? 0)
  const isExact = isServer && server.isPlain && ledgers.size === 1
  const common = { error, pauses: Math.max(1, server.pauses) }
  const hasWorked = isServer ? server.goodAt > Number.NEGATIVE_INFINITY : serials.size > 0
  return rows.flatMap(({ failures, outageSince }) => {
    const since = isServer ? Math.min(server.outageSince ?? moment, outageSince ?? moment) : (outageSince ?? moment)
    const most = moment - since
    const least = isExact ? moment - (server.outageSince ?? moment) : 0
    const outage = { least: Math.min(least, most), most }
    // Failures of the server are counted from its last good answer on, which another key may have had.
    const counts = isServer && !error.transient ? Array.from({ length: failures }, (_, index) => index + 1) : [failures]
    return counts.flatMap((count) =>
      lives.flatMap((remaining) =>
        (isRefused && remaining !== undefined ? [true, false] : [isRefused]).map((isRefused) => ({
          ...common,
          failures: count,
          outage,
          remaining,
          isRefused,
          hasWorked
        }))
      )
    )
  })
}

/** What may be left of the token in hand. One attempt is free at its end, unless the one that failed had left after it. */
function possibleLives(
  service: Service,
  { held, flightAt, sentAt }: Ledger,
  { code }: TokenClientError,
  moment: number
): readonly (number | undefined)[] {
  if (held === undefined) return [undefined]
  const left = held.endsAt - moment
  const slack = slackOf(service)
  if (left >= slack && code !== 'ERR_SAME_TOKEN') return [left]
  // A flight can fail before any of its requests is seen, for want of a credential say.
  const leftAt = flightAt === undefined ? moment - longestInBackground : sentAt
  const isUnclear = code === 'ERR_SAME_TOKEN' || flightAt === undefined || Math.abs(left) < slack
  if (leftAt >= held.endsAt + slack) return [undefined]
  if (isUnclear || leftAt > held.endsAt - slack) return [Math.max(0, left), undefined]
  return [0]
}

const longestDisuse = 600_000

/**
 * A kind of token that nobody asks for is let go when its token has ended and its last flight has, or when it has had none for
 * long, and with it its failures.
 */
function possibleRows(
  former: Setback | undefined,
  held: Held | undefined,
  moment: number,
  timeout: number,
  isUsable: boolean
): readonly Row[] {
  const outageSince = isUsable ? undefined : moment
  const first = { failures: 1, outageSince }
  if (former === undefined) return [first]
  const next = former.rows.map((row) => ({
    failures: row.failures + 1,
    outageSince: row.outageSince ?? outageSince
  }))
  const hasEndedSince = held !== undefined && held.endsAt > former.at - timeout && held.endsAt <= moment
  return hasEndedSince || moment >= former.notBefore + longestDisuse ? [...next, first].slice(-mostRows) : next
}

/** The oldest of the rows that may be remembered are the least likely. */
const mostRows = 12

function isLawful(wait: number, situation: Situation, service: Service, moment: number): boolean {
  const { least, most } = lawfulWait(situation)
  const slack = slackOf(service)
  // What another kind of token has met holds for this one too: failures together count from the first of them, and waits add up.
  const isAlone = service.ledgers.size === 1
  const refusedUntil = (service.refusal?.notBefore ?? 0) - moment
  return wait >= (isAlone ? least : 0) - slack && wait <= (isAlone ? Math.max(most, refusedUntil) : longestWait) + slack
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
