import type { TokenClientError } from '../../src/errors.ts'
import { isServers, type Situation } from './expected-law.ts'
import type { Held, Ledger, Row, Setback } from './ledger.ts'
import { slackOf } from './service-state.ts'
import type { Service } from './world.ts'

/** Milliseconds that a refresh may take which nobody waits for. */
export const longestInBackground = 31_500

/** All that may be the case, as far as the outside shows it. */
export function situationsOf(
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
  return rows.flatMap(({ failures, withoutToken, outageSince }) => {
    const since = isServer ? Math.min(server.outageSince ?? moment, outageSince ?? moment) : (outageSince ?? moment)
    const most = moment - since
    const least = isExact ? moment - (server.outageSince ?? moment) : 0
    const outage = { least: Math.min(least, most), most }
    // Failures of the server are counted from its last good answer on, which another key may have had.
    const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)
    const counts = (count: number) => (isServer && !error.transient ? upTo(count) : [count])
    return lives.flatMap((remaining) =>
      (isRefused && remaining !== undefined ? [true, false] : [isRefused]).flatMap((isRefused) =>
        // What failed while there was a token does not make the waits without one longer.
        counts(remaining === undefined || isRefused ? Math.max(1, withoutToken) : failures).map((count) => ({
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
export function possibleRows(
  former: Setback | undefined,
  held: Held | undefined,
  moment: number,
  timeout: number,
  isUsable: boolean
): readonly Row[] {
  const outageSince = isUsable ? undefined : moment
  const without = isUsable ? 0 : 1
  const first = { failures: 1, withoutToken: without, outageSince }
  if (former === undefined) return [first]
  const next = former.rows.map((row) => ({
    failures: row.failures + 1,
    withoutToken: row.withoutToken + without,
    outageSince: row.outageSince ?? outageSince
  }))
  const hasEndedSince = held !== undefined && held.endsAt > former.at - timeout && held.endsAt <= moment
  return hasEndedSince || moment >= former.notBefore + longestDisuse ? [...next, first].slice(-mostRows) : next
}

/** The oldest of the rows that may be remembered are the least likely. */
const mostRows = 12
