import type { TokenClientError } from '../../src/errors.ts'
import { type Interval, isServers, lawfulEnd, waitOfOthers } from './expected-law.ts'
import type { Ledger } from './ledger.ts'
import { failuresIn, livesAt, tokensLeft } from './lives-left.ts'
import type { ServerFailure } from './server-view.ts'
import { attemptSince, isWithoutToken, longestTrial, otherLedgers, slackOf, surelyHasToken } from './service-state.ts'
import { minute, second } from './units.ts'
import type { Service } from './world.ts'

/** So many failures are kept, which is more than one flight can meet. */
const mostFailures = 100

/** A failure that may be the server's is remembered for the server, whichever kind of token met it. */
export function noteFailure(
  service: Service,
  ledger: Ledger,
  failure: Pick<ServerFailure, 'sentAt' | 'asked' | 'isCertain'>
): void {
  const { server, host } = service
  const { sentAt = Number.NEGATIVE_INFINITY, isCertain } = failure
  const at = host.monotonicTime()
  const former = server.failures.at(-1)
  // A request that was under way at the former failure reports the same failure a second time.
  const isAnother = former === undefined || sentAt > former.at + slackOf(service)
  server.failures.push({ ...failure, scope: ledger.scope, at, isAnother })
  if (server.failures.length > mostFailures) server.failures.shift()
  server.count += 1
  server.failedFor.add(ledger.scope)
  if (!surelyHasToken(service, ledger)) server.outageSince ??= at
  if (!isCertain) server.surelyOutSince = undefined
  else if (isAnother && isWithoutToken(service, ledger)) server.surelyOutSince ??= at
}

/** If more kinds of tokens than this fail and none succeeds, the failure is the server's, whatever it answers. */
const mostIllAlone = 8

export function mayBeServers({ server }: Service, error: TokenClientError): boolean {
  return isServers(error) || server.failedFor.size > mostIllAlone
}

/** If the server may have answered another kind of token since this kind failed, only this kind fails until it gets a token. */
export function noteFailsAlone(service: Service, ledger: Ledger): void {
  const { setback } = ledger
  const failedAt = ledger.badAt ?? (setback && isServers(setback.error) ? setback.at : undefined)
  // A first attempt may have failed unseen while it waited for the request that tries the credential for all.
  const { flightAt = service.host.monotonicTime(), heldBack } = ledger
  const since = Math.min(failedAt ?? Number.POSITIVE_INFINITY, flightAt - Math.min(heldBack, longestTrial))
  if (mayBeWellSince(service, ledger, since)) ledger.mayBeAlone = true
}

/** Whether another kind of token may have found the server well since then. */
export function mayBeWellSince(service: Service, ledger: Ledger, moment: number): boolean {
  const unclear = otherLedgers(service, ledger).map(({ unclearAt }) => unclearAt)
  return Math.max(service.server.goodAt, ...unclear) >= moment
}

/** How long some kind of token has had no usable token because of the server, as far as this can be known. Milliseconds. */
export function outageAt({ server: { outageSince, surelyOutSince } }: Service, at: number): Interval {
  return {
    least: surelyOutSince === undefined ? 0 : Math.max(0, at - surelyOutSince),
    most: outageSince === undefined ? 0 : Math.max(0, at - outageSince)
  }
}

/** When a kind of token may ask again after a failure of the server that another kind met. */
function endAfter(service: Service, ledger: Ledger, { at, sentAt, asked = 0 }: ServerFailure): Interval {
  const { server } = service
  const error = { code: 'ERR_SERVER_ERROR', transient: true, retryAfter: asked } as const
  const common = { error, at, failures: 1, pauses: Math.max(1, server.pauses), hasWorked: true }
  const outage = outageAt(service, at)
  const lives = livesAt(ledger.held, { at, sentAt }, slackOf(service))
  return hull(tokensLeft(service, ledger, lives).map((left) => lawfulEnd({ ...common, ...left, outage })))
}

function hull(intervals: readonly Interval[]): Interval {
  return {
    least: Math.min(...intervals.map(({ least }) => least)),
    most: Math.max(...intervals.map(({ most }) => most))
  }
}

/** A longer wait is possible if the server has never worked, or if it is unknown which pause it asked for. */
function possibleEnd(service: Service, ledger: Ledger, failure: ServerFailure): Interval {
  const { least, most } = endAfter(service, ledger, failure)
  const hasWorked = service.server.goodAt > Number.NEGATIVE_INFINITY
  const unknown = failure.asked === undefined || !hasWorked ? 10 * minute : 0
  return { least, most: Math.max(most, failure.at + unknown) }
}

/** When the next flight may begin if a failure counts that another kind of token met since then. */
export function endsAfterOthers(service: Service, ledger: Ledger, sentAt: number): Interval[] {
  const since = sentAt - slackOf(service)
  const others = service.server.failures.filter(({ at, scope }) => scope !== ledger.scope && at >= since)
  return others.map((failure) => possibleEnd(service, ledger, failure))
}

/** All kinds of tokens share a search for metadata. Another kind may have seen it fail first, and with another error. */
export function endAfterSearch(service: Service, ledger: Ledger, at: number): Interval {
  const unknown = { scope: '', sentAt: undefined, asked: undefined, isCertain: false, isAnother: false }
  return possibleEnd(service, ledger, { ...unknown, at })
}

/** Until when the server's last failure can keep a kind of token from asking. */
export function latestByServer(service: Service, ledger: Ledger): number {
  const { failures } = service.server
  // An uncertain failure may concern only its own request. Then the failure before it still counts.
  const last = failures.findLastIndex(({ isAnother, isCertain }) => isAnother && isCertain)
  return Math.max(...failures.slice(Math.max(0, last)).map((failure) => possibleEnd(service, ledger, failure).most))
}

/** Until when the certain failures of the server keep a kind of token from asking. */
export function earliestByServer(service: Service, ledger: Ledger): number {
  const { failures } = service.server
  const moment = service.host.monotonicTime()
  const certain = failures.slice(failures.findLastIndex(({ isCertain }) => !isCertain) + 1)
  // A flight that has been held back may have begun before the last of them.
  const beganAt = attemptSince(service, ledger)
  const last = certain.findLastIndex(({ isAnother, at }) => isAnother && at < beganAt)
  const [first] = certain
  // A request that was admitted before the failure can leave a little after it.
  if (first === undefined || last === -1 || moment < first.at + slackOf(service) + second)
    return Number.NEGATIVE_INFINITY
  // While only one kind of token has failed, the callers of another kind may try whether the server fails for all.
  const isOneKinds = certain.every(({ scope }) => scope === first.scope)
  if (isOneKinds && first.scope !== ledger.scope && !surelyHasToken(service, ledger)) return Number.NEGATIVE_INFINITY
  return Math.min(...certain.slice(last).map((failure) => endAfter(service, ledger, failure).least))
}

/** When a refusal of the client lets a kind of token ask again. */
export function endByClient(service: Service, ledger: Ledger): Interval | undefined {
  const { refusal, machine } = service
  if (refusal === undefined) return undefined
  const { hadWorked: hasWorked, rows, scope, secret, isForAll } = refusal
  const { held } = ledger
  const life = held === undefined || refusal.error.transient ? 0 : held.endsAt - held.sent.at
  const gap = scope === ledger.scope ? 0 : waitOfOthers(life)
  const ends = rows.flatMap((row) => {
    const { error, at, outageSince = at } = row
    const outage = { least: 0, most: at - outageSince }
    return tokensLeft(service, ledger, livesAt(held, row, slackOf(service))).map((left) => {
      const failures = failuresIn(row, left.remaining, left.isRefused)
      const end = lawfulEnd({ ...left, error, at, failures, hasWorked, outage, pauses: 1 })
      return { least: Math.max(end.least, at + gap), most: Math.max(end.most, at + gap) }
    })
  })
  const { least, most } = hull(ends)
  // A credential that has changed is tried at once.
  const isLifted = secret !== machine.secret || !isForAll
  return { least: isLifted ? 0 : least, most }
}
