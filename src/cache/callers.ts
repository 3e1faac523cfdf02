import type { Clock } from '../clock.ts'
import { TokenClientError } from '../errors.ts'
import type { AccessToken } from '../token/access-token.ts'
import { leaveOnAbort } from '../waiting/leave-on-abort.ts'
import type { Patience } from '../waiting/patience.ts'
import type { Underway } from './entry.ts'

/** The callers that wait for a flight. */
export class Callers {
  /** How many they are. */
  count = 0
  readonly #clock: Clock
  /** How many callers share the promise of each flight. It is created for the first of them. */
  #sharing: Map<Underway, number> | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Waits for a flight, which tries more than once as long as somebody waits. All callers without a limit of their own share one promise, even if they are
   * ten thousand.
   */
  join(underway: Underway, { signal, maxWait }: Patience, timeIsUp?: () => TokenClientError): Promise<AccessToken> {
    const { flight, arrival } = underway
    flight.hold()
    this.count += 1
    if (signal === undefined && maxWait === undefined) return this.#share(underway)
    return leaveOnAbort(arrival, { signal, maxWait }, this.#clock, timeIsUp).finally(() => {
      this.count -= 1
      flight.release()
    })
  }

  #share(underway: Underway): Promise<AccessToken> {
    this.#sharing ??= new Map()
    const sharing = this.#sharing
    const others = sharing.get(underway)
    sharing.set(underway, (others ?? 0) + 1)
    if (others === undefined) {
      const leave = () => {
        this.count -= sharing.get(underway) ?? 0
        sharing.delete(underway)
        if (sharing.size === 0) this.#sharing = undefined
      }
      underway.arrival.then(leave, leave)
    }
    return underway.arrival
  }
}

export function tooManyWaiting(most: number): TokenClientError {
  const message = `${most} callers already wait for a token. Send fewer calls while there is no token, or raise maxWaiting.`
  return new TokenClientError('ERR_TOO_MANY_WAITING', message, { transient: true })
}
