import type { TokenClientError } from '../../src/errors.ts'
import type { RefreshFailed } from '../../src/events.ts'
import { ceilingWithoutToken, type Interval, isClients, isServers, lawfulEnd, type Situation } from './expected-law.ts'
import type { FailedFlight } from './failed-flight.ts'
import type { Ledger } from './ledger.ts'
import { type PossibleRows, possibleRows, refusalRows, situationsOf } from './possible-situations.ts'
import {
  endAfterSearch,
  endByClient,
  endsAfterOthers,
  latestByServer,
  mayBeServers,
  mayBeWellSince,
  noteFailsAlone,
  noteFailure
} from './server-failures.ts'
import { hasRefusedToken, ledgerOf, longestInBackground, longestTrial, otherLedgers, slackOf } from './service-state.ts'
import { second } from './units.ts'
import { marker } from './verdict.ts'
import type { Service, World } from './world.ts'

/** I9, and the second half of I4: the wait that the library announces after a failed flight is neither too short nor too long. */
export function refreshFailed(world: World, service: Service, { scope, error, nextAttemptAt }: RefreshFailed): void {
  const { host, name } = service
  const { timeout, isShared } = world.settings
  if (error.message.includes(marker)) world.violate('I9', name, `the error ${error.code} holds a secret or a token`)
  const ledger = ledgerOf(service, scope.join(' '))
  const at = host.monotonicTime()
  const wait = nextAttemptAt - host.wallTime()
  const isUnseen = ledger.flightAt === undefined
  const sentAt = isUnseen || ledger.isLate ? undefined : ledger.sentAt
  const flight: FailedFlight = { service, ledger, error, at, sentAt, failedAt: failureAt(service, ledger, error) }
  ledger.flightAt = undefined
  noteFailed(flight, isUnseen)
  ledger.outageBefore = undefined

  const usable = mayBeUsable(service, ledger)
  const rows = {
    own: possibleRows(flight, timeout, usable),
    refusals: usable.flatMap((isUsable) => refusalRows(flight, isUsable))
  }
  const situations = situationsOf(flight, rows)
  if (!isShared) {
    judgeWait(world, flight, situations, at + wait)
    countWait(world, wait, situations)
  }
  remember(flight, {
    rows,
    isUnseen,
    notBefore: at + wait,
    ownEnd: Math.min(...situations.map((one) => lawfulEnd(one).least))
  })
}

/** What the failure says about the server, about the client and about the token in hand. */
function noteFailed({ service, ledger, error, failedAt }: FailedFlight, isUnseen: boolean): void {
  if (isServers(error)) serverFailed(service, ledger, failedAt, isUnseen)
  if (error.code === 'ERR_SAME_TOKEN') cameAgain(service, ledger)
  if (isClients(error)) noteRefusal(service, ledger)
}

/** The judged wait of a failed flight, as it is remembered. */
interface Announced {
  readonly rows: PossibleRows
  readonly isUnseen: boolean
  /** The earliest next flight, as the library told it. Monotonic ms. */
  readonly notBefore: number
  /** The earliest next flight by the law for this kind of token alone. Monotonic ms. */
  readonly ownEnd: number
}

function remember(
  { service, ledger, error, at }: FailedFlight,
  { rows, isUnseen, notBefore, ownEnd }: Announced
): void {
  const own = isServers(error) || isClients(error) ? 0 : ownEnd - at
  const { scope, secret } = ledger
  const hadWorked = service.serials.size > 0
  const isForAll = isClients(error) && !ledger.mayBeRefusedAlone
  const known = { error, scope, at, notBefore, own, secret, isUnseen, hadWorked, isForAll }
  ledger.setback = { ...known, rows: rows.own }
  if (!isClients(error)) return
  // If this refusal concerns only its own kind of token, the former refusals still count.
  const former = isForAll ? [] : (service.refusal?.rows ?? [])
  service.refusal = { ...known, rows: [...rows.refusals, ...former] }
}

/** What the library may believe. Near the end of a token this is uncertain, and so it is after a refusal, which the library may ignore. */
function mayBeUsable(service: Service, ledger: Ledger): readonly boolean[] {
  const left = (ledger.held?.endsAt ?? Number.NEGATIVE_INFINITY) - service.host.monotonicTime()
  if (Math.abs(left) < slackOf(service)) return [true, false]
  if (left < 0) return [false]
  return hasRefusedToken(service, ledger) ? [true, false] : [true]
}

/** If the client got other tokens after this kind was refused, the server may refuse this kind alone. */
function noteRefusal({ grantedAt }: Service, ledger: Ledger): void {
  const { setback } = ledger
  if (setback !== undefined && isClients(setback.error) && grantedAt >= setback.at) ledger.mayBeRefusedAlone = true
}

/** A failed search for metadata counts too, although no token request was seen. */
function serverFailed(service: Service, ledger: Ledger, at: number, isUnseen: boolean): void {
  const { server } = service
  server.failedAt = Math.max(server.failedAt, at)
  noteFailsAlone(service, ledger)
  const { outageBefore } = ledger
  if (outageBefore !== undefined) server.outageSince = Math.min(server.outageSince ?? at, outageBefore)
  if (isUnseen) noteFailure(service, ledger, { sentAt: undefined, asked: undefined, isCertain: false })
}

/**
 * A failure of the server counts from the end of its request or of the search for metadata. Its event can come later, because the flight
 * may have waited for another attempt that was never made.
 */
function failureAt({ host, search }: Service, { flightAt, endedAt }: Ledger, error: TokenClientError): number {
  const moment = host.monotonicTime()
  if (!isServers(error) || flightAt === undefined || endedAt < flightAt) return moment
  return Math.min(moment, Math.max(endedAt, search.endedAt - host.suspended))
}

/** The server sent the refused token again. Only an earlier end of the token counts from that answer. */
function cameAgain({ tokens }: Service, ledger: Ledger): void {
  const { held } = ledger
  if (held === undefined) return
  const came = tokens.get(held.value) ?? held
  ledger.held = { ...held, endsAt: Math.min(held.endsAt, came.endsAt), toldEnd: came.toldEnd }
  tokens.set(held.value, ledger.held)
}

/** A kind of token waits for its own failures, for the client's and for the server's. The longest of the three waits counts. */
function judgeWait(world: World, flight: FailedFlight, situations: readonly Situation[], end: number): void {
  const { service, ledger, error, at } = flight
  const { machine, name, ledgers } = service
  const wait = end - at
  const others = endByOthers(flight)
  const ends = ownEnds(flight, situations).map(({ least, most }) => ({
    least: Math.max(least, others.least) - machine.slack,
    most: Math.max(most, others.most) + machine.slack
  }))
  const isLawful = (end: number) => ends.some(({ least, most }) => least <= end && end <= most)
  if (ledgers.size > 1) {
    world.statistics.waitsBesideOthers += 1
    if (!isLawful(at + wait / 2) && !isLawful(at + 2 * wait)) world.statistics.tellingWaits += 1
  }
  if (isLawful(end)) return
  const law = JSON.stringify(ends.map(({ least, most }) => [least - at, most - at]))
  world.violate('I4', name, `"${ledger.scope}" waits ${wait} ms after ${error.code}, by the law ${law}`)
}

/** The kind of token that failed last lets the other kinds go first. Milliseconds. */
const courtesy = second

/** When this kind of token may ask again after its own failure, or after a failure of the server that another kind met meanwhile. */
function ownEnds(flight: FailedFlight, situations: readonly Situation[]): readonly Interval[] {
  const { service, ledger, error, at } = flight
  const ends = situations.map(lawfulEnd)
  if (service.ledgers.size === 1 || !(isClients(error) || mayBeServers(service, error))) return ends
  const [{ at: countsFrom }] = situations as [Situation]
  if (!isClients(error)) {
    const since = ledger.isLate ? 0 : ledger.sentAt
    ends.push(...endsAfterOthers(service, ledger, Math.max(since, at - longestInBackground)))
    if (error.code === 'ERR_DISCOVERY_FAILED') ends.push(endAfterSearch(service, ledger, countsFrom))
    ends.push(...endsAfterUnseen(service, ledger, ends))
    // A success of another kind of token ends the wait at once.
    if (mayBeWellSince(service, ledger, countsFrom)) ends.push({ least: at, most: at })
  }
  return ends.map(({ least, most }) => ({ least, most: most + courtesy }))
}

/** Another kind of token may have waited for this attempt. Then this failure was told to it too and counts from an earlier moment. */
function endsAfterUnseen(service: Service, ledger: Ledger, ends: readonly Interval[]): Interval[] {
  const haveWaited = otherLedgers(service, ledger).some(({ sentAt }) => sentAt > ledger.sentAt)
  const wait = [...service.waiting].some(({ scope }) => scope !== ledger.scope)
  return haveWaited || wait ? ends.map(({ least, most }) => ({ least: least - longestTrial, most })) : []
}

/** Until when the failures of other kinds of tokens keep this kind from asking. */
function endByOthers({ service, ledger, error, at }: FailedFlight): Interval {
  const byClient = isClients(error) ? undefined : endByClient(service, ledger)
  const byServer = isServers(error) ? at : latestByServer(service, ledger) + courtesy
  return {
    least: byClient?.least ?? at,
    most: Math.max(at, byClient === undefined ? at : byClient.most + courtesy, byServer)
  }
}

/** Waits with a lower ceiling are not counted, because the least wait of a second would distort their mean. Milliseconds. */
const tellingCeiling = 8 * second

function countWait({ statistics }: World, wait: number, situations: readonly Situation[]): void {
  const [{ error, outage, remaining }] = situations as [Situation]
  const ceiling = ceilingWithoutToken(outage.most)
  if (remaining !== undefined || !error.transient || error.retryAfter !== undefined || ceiling < tellingCeiling) return
  if (situations.some((other) => other.outage.least !== outage.most || other.remaining !== remaining)) return
  statistics.waits += 1
  statistics.sumOfWaits += wait / ceiling
}
