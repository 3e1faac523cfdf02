import type { TokenClientError } from '../../src/errors.ts'
import { type Interval, isClients, isServers, type Situation } from './expected-law.ts'
import type { Held, Ledger, Row, Setback } from './ledger.ts'
import { failuresIn, livesAt, tokensLeft } from './lives-left.ts'
import { mayBeServers, outageAt } from './server-failures.ts'
import { slackOf } from './service-state.ts'
import type { Service } from './world.ts'

/**
 * Every state that the library may be in, as far as the outside shows it. `rows` are failures of the kind of token, `refusals` those
 * of the client.
 */
export function situationsOf(
  service: Service,
  ledger: Ledger,
  error: TokenClientError,
  rows: readonly Row[],
  refusals: readonly Row[],
  failedAt: number
): Situation[] {
  const { server, serials } = service
  const pauses = Math.max(1, server.pauses)
  const hasWorked = isClients(error) ? serials.size > 0 : server.goodAt > Number.NEGATIVE_INFINITY
  return casesOf(service, ledger, error, rows, refusals, failedAt).flatMap(({ row, outage }) =>
    tokensLeft(service, ledger, possibleLives(service, ledger, error, row)).map((left) => {
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
 * Which failures in a row count. A failure of the request, and one that only this kind of token meets, is counted for this kind. Failures
 * of the server are counted since its last good answer to anybody, and refusals of the client since its last token of any kind.
 */
function casesOf(
  service: Service,
  ledger: Ledger,
  error: TokenClientError,
  rows: readonly Row[],
  refusals: readonly Row[],
  failedAt: number
): Case[] {
  const own = rows.map(caseOfOwn)
  const isShared = isClients(error) || mayBeServers(service, error)
  if (!isShared) return own
  const shared = isClients(error) ? refusals.map(caseOfOwn) : casesOfServer(service, error, rows, failedAt)
  const mayBeAlone = isClients(error) ? ledger.mayBeRefusedAlone : ledger.mayBeAlone
  const isOnlyShared = !mayBeAlone && (isClients(error) || isServers(error))
  return isOnlyShared ? shared : [...shared, ...own]
}

function caseOfOwn(row: Row): Case {
  return { row, outage: { least: 0, most: row.outageSince === undefined ? 0 : row.at - row.outageSince } }
}

function casesOfServer(service: Service, error: TokenClientError, rows: readonly Row[], failedAt: number): Case[] {
  const [last] = rows as [Row]
  const outage = outageAt(service, failedAt)
  const counts = error.transient ? 1 : Math.min(service.server.count, mostRows)
  return Array.from({ length: counts }, (_, index) => {
    const row = { ...last, at: failedAt, failures: index + 1, withoutToken: index + 1 }
    return { row, outage }
  })
}

/** What may be left of the token in hand. At its end one attempt is free, unless the failed attempt has left after that end. */
function possibleLives(
  service: Service,
  { held }: Ledger,
  { code }: TokenClientError,
  failure: Pick<Row, 'at' | 'sentAt'>
): readonly (number | undefined)[] {
  const lives = livesAt(held, failure, slackOf(service))
  return held !== undefined && code === 'ERR_SAME_TOKEN' ? [Math.max(0, held.endsAt - failure.at), undefined] : lives
}

const longestDisuse = 600_000

/**
 * A kind of token that nobody asks for is let go when its token has ended and its last flight has, or when it has had none for
 * long, and with it its failures.
 */
export function possibleRows(
  former: Setback | undefined,
  held: Held | undefined,
  failure: Pick<Row, 'error' | 'at' | 'sentAt'>,
  timeout: number,
  isUsable: boolean
): readonly Row[] {
  const { at } = failure
  const first = rowAfter(undefined, failure, isUsable)
  if (former === undefined) return [first]
  const next = former.rows.map((row) => rowAfter(row, failure, isUsable))
  const hasEndedSince = held !== undefined && held.endsAt > former.at - timeout && held.endsAt <= at
  if (!hasEndedSince && at < former.notBefore + longestDisuse) return next
  // The longest row holds if it was never let go. Otherwise that was not long ago, and a short one holds.
  const [oldest, ...younger] = [...next, first]
  return [oldest as Row, ...younger.slice(-mostRows)]
}

/** Refusals of the client in a row. A request that was under way at the former refusal tells of the same one a second time. */
export function refusalRows(
  former: Setback | undefined,
  failure: Pick<Row, 'error' | 'at' | 'sentAt'>,
  slack: number,
  isUsable: boolean
): readonly Row[] {
  const { sentAt } = failure
  if (former === undefined) return [rowAfter(undefined, failure, isUsable)]
  const rows = former.rows.flatMap((row) => [
    ...(sentAt === undefined || sentAt > row.at - slack ? [rowAfter(row, failure, isUsable)] : []),
    ...(sentAt === undefined || sentAt <= row.at + slack ? [row] : [])
  ])
  // The former one may have concerned its own kind of token alone.
  if (!former.isForAll) rows.push(rowAfter(undefined, failure, isUsable))
  return distinct(rows)
}

/** The former failures in a row, and one more. */
function rowAfter(former: Row | undefined, failure: Pick<Row, 'error' | 'at' | 'sentAt'>, isUsable: boolean): Row {
  const { failures = 0, withoutToken = 0, outageSince } = former ?? {}
  if (isUsable) return { ...failure, failures: failures + 1, withoutToken, outageSince }
  return { ...failure, failures: failures + 1, withoutToken: withoutToken + 1, outageSince: outageSince ?? failure.at }
}

/** One row for each set of counts. */
function distinct(rows: readonly Row[]): readonly Row[] {
  const byCounts = new Map(rows.map((row) => [`${row.at} ${row.failures} ${row.withoutToken}`, row]))
  return [...byCounts.values()].slice(0, mostRefusals)
}

const mostRefusals = 300

const mostRows = 12
