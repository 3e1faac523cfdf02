import type { TokenClientError } from '../../src/errors.ts'
import { type Interval, isClients, isServers, type Situation } from './expected-law.ts'
import type { Held, Ledger, Row, Setback } from './ledger.ts'
import { failuresIn, livesAt, refusedOrNot } from './lives-left.ts'
import { mayBeServers, outageAt } from './server-failures.ts'
import { slackOf } from './service-state.ts'
import type { Service } from './world.ts'

/** All that may be the case, as far as the outside shows it. `rows`: of its kind of token; `refusals`: of the client. */
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
    possibleLives(service, ledger, error, row).flatMap((remaining) =>
      refusedOrNot(service, ledger, remaining).map((isRefused) => {
        const failures = failuresIn(row, remaining, isRefused)
        return { error: row.error, at: row.at, failures, outage, remaining, isRefused, pauses, hasWorked }
      })
    )
  )
}

interface Case {
  readonly row: Row
  readonly outage: Interval
}

/**
 * A failure of the request stays with its kind of token, and so does one that this kind alone meets. A failure of the server is one of its
 * last good answer on, and a refusal of the client one of the last token on, whoever has had that.
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

/** What may be left of the token in hand. One attempt is free at its end, unless the one that failed had left after it. */
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
  const outageSince = isUsable ? undefined : at
  const without = isUsable ? 0 : 1
  const first = { ...failure, failures: 1, withoutToken: without, outageSince }
  if (former === undefined) return [first]
  const next = former.rows.map((row) => ({
    ...failure,
    failures: row.failures + 1,
    withoutToken: row.withoutToken + without,
    outageSince: row.outageSince ?? outageSince
  }))
  const hasEndedSince = held !== undefined && held.endsAt > former.at - timeout && held.endsAt <= at
  if (!hasEndedSince && at < former.notBefore + longestDisuse) return next
  // Either it was never let go, or not long ago.
  const [oldest, ...younger] = [...next, first]
  return [oldest as Row, ...younger.slice(-mostRows)]
}

/** Refusals of the client in a row. One whose request was under way at the former one is the same, told twice. */
export function refusalRows(
  former: Setback | undefined,
  failure: Pick<Row, 'error' | 'at' | 'sentAt'>,
  slack: number,
  isUsable: boolean
): readonly Row[] {
  const { at, sentAt } = failure
  const outageSince = isUsable ? undefined : at
  const without = isUsable ? 0 : 1
  if (former === undefined) return [{ ...failure, failures: 1, withoutToken: without, outageSince }]
  const rows = former.rows.flatMap((row) => {
    const withoutToken = row.withoutToken + without
    const next = { ...failure, failures: row.failures + 1, withoutToken, outageSince: row.outageSince ?? outageSince }
    return [
      ...(sentAt === undefined || sentAt > row.at - slack ? [next] : []),
      ...(sentAt === undefined || sentAt <= row.at + slack ? [row] : [])
    ]
  })
  return distinct(rows)
}

/** Those that count the same are one. */
function distinct(rows: readonly Row[]): readonly Row[] {
  const byCounts = new Map(rows.map((row) => [`${row.at} ${row.failures} ${row.withoutToken}`, row]))
  return [...byCounts.values()].slice(0, mostRefusals)
}

const mostRefusals = 300

const mostRows = 12
