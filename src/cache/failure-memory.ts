import { broughtNews } from '../client-authentication/reading-again.ts'
import type { Clock } from '../clock.ts'
import { type ErrorCode, isRefusalOfCredential, type TokenClientError } from '../errors.ts'
import { backOff } from './back-off.ts'
import type { Entry, Failure } from './entry.ts'
import { freshnessOf } from './kept-token.ts'
import type { Now } from './now.ts'

/** What keeps a failing authorization server from being asked again and again. */
export interface FailureMemory {
  /** The last failure that no success has followed. */
  of(entry: Entry): Failure | undefined
  /** The failure that forbids a flight at that monotonic moment. */
  barring(entry: Entry, moment: number): Failure | undefined
  /** Until when, in monotonic ms, the failures that no success has followed forbid flights, or forbade them. */
  barredUntil(entry: Entry): number | undefined
  /** Answers with the milliseconds in which nobody starts another flight. */
  remember(entry: Entry, error: TokenClientError, moment: Now): number
  /**
   * While a refused credential is the reason to wait, it is read again, at most once a second: true when another one has come,
   * which lifts the wait. Never rejects.
   */
  reconsider(): Promise<boolean>
  forget(entry: Entry): void
  /** The token is gone: what was decided while it worked no longer holds, and the next caller may try. */
  liftAt(entry: Entry, expiry: number): void
}

/** With these, as with a refused credential, the server means the client, whatever it asked for. */
const refusalsOfTheClient: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ERR_UNAUTHORIZED_CLIENT',
  'ERR_UNSUPPORTED_GRANT_TYPE'
])

export interface FailureMemoryOptions {
  readonly clock: Clock
  /** Aborted when the client closes. */
  readonly closing: AbortSignal
  /** Whether the credential is another one now than those that the server has refused. */
  readonly credentialChanged: () => Promise<boolean>
}

const gapBetweenReadings = 1000

export function failureMemory({ clock, closing, credentialChanged }: FailureMemoryOptions): FailureMemory {
  let refusal: Failure | undefined
  let reading = Promise.resolve(false)
  let readAt = Number.NEGATIVE_INFINITY

  function of(entry: Entry): Failure | undefined {
    return refusal ?? entry.failure
  }

  async function readAgain(refused: Failure): Promise<boolean> {
    const lifted = await broughtNews(credentialChanged(), clock, closing)
    if (lifted && refusal === refused) refusal = { ...refused, notBefore: clock.monotonicTime() }
    return lifted
  }

  return {
    of,
    reconsider() {
      const moment = clock.monotonicTime()
      if (refusal === undefined || !isRefusalOfCredential(refusal.error)) return Promise.resolve(false)
      if (moment >= readAt + gapBetweenReadings) {
        readAt = moment
        reading = readAgain(refusal)
      }
      return reading
    },
    barring(entry, moment) {
      return [refusal, entry.failure].find((failure) => failure !== undefined && moment < failure.notBefore)
    },
    barredUntil({ failure }) {
      if (refusal === undefined || failure === undefined) return (refusal ?? failure)?.notBefore
      return Math.max(refusal.notBefore, failure.notBefore)
    },
    remember(entry, error, moment) {
      const concernsClient = refusalsOfTheClient.has(error.code) || isRefusalOfCredential(error)
      const former = concernsClient ? refusal : entry.failure
      // Flights of several keys that were under way together are one failure of the client.
      if (concernsClient && former !== undefined && moment.monotonic < former.notBefore)
        return former.notBefore - moment.monotonic
      const failures = (former?.count ?? 0) + 1
      const since = former?.since ?? moment.monotonic
      const outage = moment.monotonic - since
      const wait = backOff({ error, failures, outage, remaining: remainingLife(entry, moment) }, clock)
      const failure = { error, count: failures, since, notBefore: moment.monotonic + wait }
      if (concernsClient) refusal = failure
      else entry.failure = failure
      return wait
    },
    forget(entry) {
      entry.failure = undefined
      refusal = undefined
    },
    liftAt(entry, expiry) {
      const { failure } = entry
      if (failure?.error.transient) entry.failure = { ...failure, notBefore: expiry }
    }
  }
}

/** What is left of a token that still works; a rejected one does not. */
function remainingLife({ kept }: Entry, moment: Now): number | undefined {
  if (kept === undefined || kept.rejected || freshnessOf(kept, moment) === 'expired') return undefined
  return kept.endsAt - moment.monotonic
}
