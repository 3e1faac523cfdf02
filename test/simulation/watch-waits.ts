import type { TokenClientError } from '../../src/errors.ts'
import type { RefreshFailed } from '../../src/events.ts'
import { ceilingWithoutToken, type Interval, isClients, isServers, lawfulEnd, type Situation } from './expected-law.ts'
import type { Ledger } from './ledger.ts'
import { longestInBackground } from './lives-left.ts'
import { possibleRows, refusalRows, situationsOf } from './possible-situations.ts'
import {
  endAfterSearch,
  endByClient,
  endsAfterOthers,
  latestByServer,
  mayBeServers,
  mayBeWellSince,
  noteFailure,
  noteLoneliness
} from './server-failures.ts'
import { hasUsableToken, ledgerOf, longestTrial, slackOf } from './service-state.ts'
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
  const usable = mayBeUsable(service, ledger, moment)
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
  if (isClients(error)) service.refusal = { ...known, rows: refusals }
}

/** Near its end nobody can say whether a token was usable, nor after a refusal, which is perhaps not listened to. */
function mayBeUsable(service: Service, { held }: Ledger, moment: number): readonly boolean[] {
  const left = (held?.endsAt ?? Number.NEGATIVE_INFINITY) - moment
  if (Math.abs(left) < slackOf(service)) return [true, false]
  const isRefused = held !== undefined && service.refused.has(service.serials.get(held.value) ?? 0)
  return left < 0 ? [false] : isRefused ? [false, true] : [true]
}

/** The client has got tokens since this kind was refused: then it is refused alone, until it gets a token. */
function noteRefusal({ grantedAt }: Service, ledger: Ledger): void {
  const { setback } = ledger
  if (setback !== undefined && isClients(setback.error) && grantedAt >= setback.at) ledger.mayBeRefusedAlone = true
}

/** A search for metadata can have failed too, which no token request shows. */
function serverFailed(service: Service, ledger: Ledger, at: number, isUnseen: boolean): void {
  const { server } = service
  server.failedAt = Math.max(server.failedAt, at)
  noteLoneliness(service, ledger)
  if (isUnseen) noteFailure(service, ledger, { sentAt: undefined, asked: undefined, isCertain: false })
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

/** The wait of a kind of token is the longest of the three that hold for it: its own, the client's and the server's. */
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
const courtesy = 1000

/** When its own failure lets it ask again, or one of the server that another kind of token has met in its place. */
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
    // Its success lets the others go.
    if (mayBeWellSince(service, ledger, at)) ends.push({ least: moment, most: moment })
  }
  return ends.map(({ least, most }) => ({ least, most: most + courtesy }))
}

/** An attempt of another kind may have failed while it waited for this one, and this failure is the same one, told again. */
function endsAfterUnseen(
  { ledgers, waiting }: Service,
  { scope, sentAt }: Ledger,
  ends: readonly Interval[]
): Interval[] {
  const haveWaited = [...ledgers.values()].some((other) => other.scope !== scope && other.sentAt > sentAt)
  const wait = [...waiting].some((call) => call.scope !== scope)
  return haveWaited || wait ? ends.map(({ least, most }) => ({ least: least - longestTrial, most })) : []
}

/** Until when what others have met keeps it from asking. */
function endByOthers(service: Service, ledger: Ledger, error: TokenClientError): Interval {
  const moment = service.host.monotonicTime()
  const byClient = isClients(error) ? undefined : endByClient(service, ledger)
  const byServer = isServers(error) ? moment : latestByServer(service, ledger) + courtesy
  return {
    least: byClient?.least ?? moment,
    most: Math.max(moment, byClient === undefined ? moment : byClient.most + courtesy, byServer)
  }
}

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
