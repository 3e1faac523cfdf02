import { type Interval, isClients, isServers, type Situation } from './expected-law.ts'
import type { FailedFlight } from './failed-flight.ts'
import type { Row } from './ledger.ts'
import { failuresIn, livesAt, tokensLeft } from './lives-left.ts'
import { mayBeServers, outageAt } from './server-failures.ts'
import { slackOf } from './service-state.ts'

/** The failures in a row that may count. */
export interface PossibleRows {
  /** The failures of this kind of token. */
  readonly own: readonly Row[]
  /** The refusals of the client. */
  readonly refusals: readonly Row[]
}

/** Every state that the library may be in, as far as this can be seen from outside. */
export function situationsOf(flight: FailedFlight, rows: PossibleRows): Situation[] {
  const { service, ledger, error } = flight
  const { server, serials } = service
  const pauses = Math.max(1, server.pauses)
  const hasWorked = isClients(error) ? serials.size > 0 : server.goodAt > Number.NEGATIVE_INFINITY
  return casesOf(flight, rows).flatMap(({ row, outage }) =>
    tokensLeft(service, ledger, possibleLives(flight, row)).map((left) => {
      const failures = failuresIn(row, left.remaining, left.isRefused)
      return { ...left, error: row.error, at: row.at, failures, outage, pauses, hasWorked }
    })
  )
}

interface Case {
  readonly row: Row
  readonly outage: Interval
}

/**
 * A failure of the request counts for its kind of token only. A failure of the server counts for all kinds until the server gives a good
 * answer to any of them. A refusal of the client counts until the client gets a token of any kind.
 */
function casesOf(flight: FailedFlight, { own: ownRows, refusals }: PossibleRows): Case[] {
  const { service, ledger, error } = flight
  const own = ownRows.map(caseOfOwn)
  const isShared = isClients(error) || mayBeServers(service, error)
  if (!isShared) return own
  const shared = isClients(error) ? refusals.map(caseOfOwn) : casesOfServer(flight, ownRows)
  const mayBeAlone = isClients(error) ? ledger.mayBeRefusedAlone : ledger.mayBeAlone
  const isOnlyShared = !mayBeAlone && (isClients(error) || isServers(error))
  return isOnlyShared ? shared : [...shared, ...own]
}

function caseOfOwn(row: Row): Case {
  return { row, outage: { least: 0, most: row.outageSince === undefined ? 0 : row.at - row.outageSince } }
}

function casesOfServer({ service, error, failedAt }: FailedFlight, rows: readonly Row[]): Case[] {
  const [last] = rows as [Row]
  const outage = outageAt(service, failedAt)
  const counts = error.transient ? 1 : Math.min(service.server.count, mostRows)
  return Array.from({ length: counts }, (_, index) => {
    const row = { ...last, at: failedAt, failures: index + 1, withoutToken: index + 1 }
    return { row, outage }
  })
}

/** What may be left of the token in hand. One attempt is free at its end, unless the failed attempt left after that end. */
function possibleLives({ service, ledger, error }: FailedFlight, row: Row): readonly (number | undefined)[] {
  const { held } = ledger
  const lives = livesAt(held, row, slackOf(service))
  return held !== undefined && error.code === 'ERR_SAME_TOKEN' ? [Math.max(0, held.endsAt - row.at), undefined] : lives
}

const longestDisuse = 600_000

/**
 * The library forgets an unused kind of token together with its failures. It does so when the token and the last flight have ended, or
 * when there has been no token for long. This cannot be seen from outside, so several counts of failures are possible.
 */
export function possibleRows(flight: FailedFlight, timeout: number, usable: readonly boolean[]): readonly Row[] {
  const { at } = flight
  const { held, setback: former } = flight.ledger
  const first = usable.map((isUsable) => rowAfter(undefined, flight, isUsable))
  if (former === undefined) return first
  const next = former.rows.flatMap((row) => usable.map((isUsable) => rowAfter(row, flight, isUsable)))
  const hasEndedSince = held !== undefined && held.endsAt > former.at - timeout && held.endsAt <= at
  const mayBeForgotten = hasEndedSince || at >= former.notBefore + longestDisuse
  return distinct(mayBeForgotten ? [...next, ...first] : next)
}

/** A request that was under way at the former refusal may report the same refusal again, which then counts once. */
export function refusalRows(flight: FailedFlight, isUsable: boolean): readonly Row[] {
  const { service, sentAt } = flight
  const { refusal: former } = service
  const slack = slackOf(service)
  if (former === undefined) return [rowAfter(undefined, flight, isUsable)]
  const rows = former.rows.flatMap((row) => [
    ...(sentAt === undefined || sentAt > row.at - slack ? [rowAfter(row, flight, isUsable)] : []),
    ...(sentAt === undefined || sentAt <= row.at + slack ? [row] : [])
  ])
  // The former refusal may have concerned only its own kind of token. Then this one is the first.
  if (!former.isForAll) rows.push(rowAfter(undefined, flight, isUsable))
  return distinct(rows)
}

/** The former failures in a row and this one. */
function rowAfter(former: Row | undefined, { error, at, sentAt }: FailedFlight, isUsable: boolean): Row {
  const { failures = 0, withoutToken = 0, outageSince } = former ?? {}
  const row = { error, at, sentAt, failures: oneMore(failures) }
  if (isUsable) return { ...row, withoutToken, outageSince }
  return { ...row, withoutToken: oneMore(withoutToken), outageSince: outageSince ?? at }
}

function oneMore(count: number): number {
  return Math.min(count + 1, mostRows)
}

/** Keeps one row for each set of counts, with the longest outage of them. */
function distinct(rows: readonly Row[]): readonly Row[] {
  const byCounts = new Map<string, Row>()
  for (const row of rows) {
    const counts = `${row.at} ${row.failures} ${row.withoutToken}`
    const known = byCounts.get(counts)
    if (known === undefined || (row.outageSince ?? row.at) < (known.outageSince ?? known.at)) byCounts.set(counts, row)
  }
  return [...byCounts.values()].slice(0, mostRefusals)
}

const mostRefusals = 300

/** More failures in a row make no wait longer. */
const mostRows = 7
