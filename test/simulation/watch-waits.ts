import type { TokenClientError } from '../../src/errors.ts'
import type { RefreshFailed } from '../../src/events.ts'
import { ceilingWithoutToken, type Interval, isClients, isServers, lawfulEnd, type Situation } from './expected-law.ts'
import type { Ledger } from './ledger.ts'
import { possibleRows, refusalRows, situationsOf } from './possible-situations.ts'
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
import {
  hasRefusedToken,
  hasUsableToken,
  ledgerOf,
  longestInBackground,
  longestTrial,
  otherLedgers,
  slackOf
} from './service-state.ts'
import { second } from './units.ts'
import { marker } from './verdict.ts'
import type { Service, World } from './world.ts'

/** The second half of I4, and I9: how long the library says that it waits lies between the least and the most of the law. */
export function refreshFailed(world: World, service: Service, { scope, error, nextAttemptAt }: RefreshFailed): void {
  const { host, name, refusal } = service
  const { timeout, isShared } = world.settings
  if (error.message.includes(marker)) world.violate('I9', name, `the error ${error.code} holds a secret or a token`)
  const ledger = ledgerOf(service, scope.join(' '))
  const moment = host.monotonicTime()
  const wait = nextAttemptAt - host.wallTime()
  const isUnseen = ledger.flightAt === undefined
  const sentAt = isUnseen || ledger.isLate ? undefined : ledger.sentAt
  const failedAt = failureAt(service, ledger, error)
  ledger.flightAt = undefined
  if (isServers(error)) serverFailed(service, ledger, failedAt, isUnseen)
  if (error.code === 'ERR_SAME_TOKEN') cameAgain(service, ledger)
  if (isClients(error)) noteRefusal(service, ledger)

  const isUsable = hasUsableToken(service, ledger)
  const usable = mayBeUsable(service, ledger)
  const failure = { error, sentAt, at: moment }
  const rows = possibleRows(ledger.setback, ledger.held, failure, timeout, isUsable)
  const refusals = usable.flatMap((isUsable) => refusalRows(refusal, failure, slackOf(service), isUsable))
  const situations = situationsOf(service, ledger, error, rows, refusals, failedAt)
  if (!isShared) {
    judgeWait(world, service, ledger, error, situations, moment + wait)
    countWait(world, wait, situations)
  }

  const own = isServers(error) || isClients(error) ? moment : Math.min(...situations.map((one) => lawfulEnd(one).least))
  const times = { at: moment, notBefore: moment + wait, own: own - moment }
  const hadWorked = service.serials.size > 0
  const isForAll = isClients(error) && !ledger.mayBeRefusedAlone
  const known = { ...times, error, scope: ledger.scope, secret: ledger.secret, isUnseen, hadWorked, isForAll }
  ledger.setback = { ...known, rows }
  // If this refusal concerns its own kind of token alone, the former ones still count.
  const former = isForAll ? [] : (refusal?.rows ?? [])
  if (isClients(error)) service.refusal = { ...known, rows: [...refusals, ...former] }
}

/** Whether the library took the token for usable: nobody can tell near its end, nor after a refusal, which it may ignore. */
function mayBeUsable(service: Service, ledger: Ledger): readonly boolean[] {
  const left = (ledger.held?.endsAt ?? Number.NEGATIVE_INFINITY) - service.host.monotonicTime()
  if (Math.abs(left) < slackOf(service)) return [true, false]
  if (left < 0) return [false]
  return hasRefusedToken(service, ledger) ? [true, false] : [true]
}

/** If the client has got other tokens since this kind was refused, this kind may be refused alone until it gets a token. */
function noteRefusal({ grantedAt }: Service, ledger: Ledger): void {
  const { setback } = ledger
  if (setback !== undefined && isClients(setback.error) && grantedAt >= setback.at) ledger.mayBeRefusedAlone = true
}

/** What failed may also have been a search for metadata, of which no token request is seen. */
function serverFailed(service: Service, ledger: Ledger, at: number, isUnseen: boolean): void {
  const { server } = service
  server.failedAt = Math.max(server.failedAt, at)
  noteFailsAlone(service, ledger)
  const { outageBefore } = ledger
  if (outageBefore !== undefined) server.outageSince = Math.min(server.outageSince ?? at, outageBefore)
  if (isUnseen) noteFailure(service, ledger, { sentAt: undefined, asked: undefined, isCertain: false })
}

/**
 * A failure of the server counts from the end of its request or of the search for metadata. Its event can come later, because the
 * flight may have waited for another attempt that was never made.
 */
function failureAt({ host, search }: Service, { flightAt, endedAt }: Ledger, error: TokenClientError): number {
  const moment = host.monotonicTime()
  if (!isServers(error) || flightAt === undefined || endedAt < flightAt) return moment
  return Math.min(moment, Math.max(endedAt, search.endedAt - host.suspended))
}

/** The server has sent the refused token again. Of that answer only an earlier end of the token counts. */
function cameAgain({ tokens }: Service, ledger: Ledger): void {
  const { held } = ledger
  if (held === undefined) return
  const came = tokens.get(held.value) ?? held
  ledger.held = { ...held, endsAt: Math.min(held.endsAt, came.endsAt), toldEnd: came.toldEnd }
  tokens.set(held.value, ledger.held)
}

/** Three waits hold for a kind of token: its own, the client's and the server's. The longest of them counts. */
function judgeWait(
  world: World,
  service: Service,
  ledger: Ledger,
  error: TokenClientError,
  situations: readonly Situation[],
  end: number
): void {
  const { machine, name, host, ledgers } = service
  const moment = host.monotonicTime()
  const wait = end - moment
  const others = endByOthers(service, ledger, error)
  const ends = ownEnds(service, ledger, error, situations).map(({ least, most }) => ({
    least: Math.max(least, others.least) - machine.slack,
    most: Math.max(most, others.most) + machine.slack
  }))
  const isLawful = (end: number) => ends.some(({ least, most }) => least <= end && end <= most)
  if (ledgers.size > 1) {
    world.statistics.waitsBesideOthers += 1
    if (!isLawful(moment + wait / 2) && !isLawful(moment + 2 * wait)) world.statistics.tellingWaits += 1
  }
  if (isLawful(end)) return
  const law = JSON.stringify(ends.map(({ least, most }) => [least - moment, most - moment]))
  world.violate('I4', name, `"${ledger.scope}" waits ${wait} ms after ${error.code}, by the law ${law}`)
}

/** The kind of token that failed last lets the others go first. */
const courtesy = second

/** When the kind of token may ask again after its own failure, or after a failure of the server that another kind has met meanwhile. */
function ownEnds(
  service: Service,
  ledger: Ledger,
  error: TokenClientError,
  situations: readonly Situation[]
): readonly Interval[] {
  const ends = situations.map(lawfulEnd)
  if (service.ledgers.size === 1 || !(isClients(error) || mayBeServers(service, error))) return ends
  const moment = service.host.monotonicTime()
  const [{ at }] = situations as [Situation]
  if (!isClients(error)) {
    const since = ledger.isLate ? 0 : ledger.sentAt
    ends.push(...endsAfterOthers(service, ledger, Math.max(since, moment - longestInBackground)))
    if (error.code === 'ERR_DISCOVERY_FAILED') ends.push(endAfterSearch(service, ledger, at))
    ends.push(...endsAfterUnseen(service, ledger, ends))
    // A success of another kind of token ends the wait at once.
    if (mayBeWellSince(service, ledger, at)) ends.push({ least: moment, most: moment })
  }
  return ends.map(({ least, most }) => ({ least, most: most + courtesy }))
}

/** Another kind of token may have waited for this attempt. Its failure is then this one, told a second time and counted from earlier. */
function endsAfterUnseen(service: Service, ledger: Ledger, ends: readonly Interval[]): Interval[] {
  const haveWaited = otherLedgers(service, ledger).some(({ sentAt }) => sentAt > ledger.sentAt)
  const wait = [...service.waiting].some(({ scope }) => scope !== ledger.scope)
  return haveWaited || wait ? ends.map(({ least, most }) => ({ least: least - longestTrial, most })) : []
}

/** Until when the failures of other kinds of tokens keep this one from asking. */
function endByOthers(service: Service, ledger: Ledger, error: TokenClientError): Interval {
  const moment = service.host.monotonicTime()
  const byClient = isClients(error) ? undefined : endByClient(service, ledger)
  const byServer = isServers(error) ? moment : latestByServer(service, ledger) + courtesy
  return {
    least: byClient?.least ?? moment,
    most: Math.max(moment, byClient === undefined ? moment : byClient.most + courtesy, byServer)
  }
}

/** Waits with a lower ceiling are not counted: the least wait of a second would distort their mean. Milliseconds. */
const tellingCeiling = 8 * second

function countWait({ statistics }: World, wait: number, situations: readonly Situation[]): void {
  const [{ error, outage, remaining }] = situations as [Situation]
  const ceiling = ceilingWithoutToken(outage.most)
  if (remaining !== undefined || !error.transient || error.retryAfter !== undefined || ceiling < tellingCeiling) return
  if (situations.some((other) => other.outage.least !== outage.most || other.remaining !== remaining)) return
  statistics.waits += 1
  statistics.sumOfWaits += wait / ceiling
}
