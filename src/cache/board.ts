import type { Clock } from '../clock.ts'
import type { AccessToken } from '../token/access-token.ts'
import { leaveOnAbort } from '../waiting/leave-on-abort.ts'
import type { Patience } from '../waiting/patience.ts'
import type { Underway } from './entry.ts'

/**
 * Waits for a flight and holds it as long. Who comes without a limit of its own gets the promise that all of them share: ten
 * thousand callers make no other.
 */
export function board({ flight, arrival }: Underway, patience: Patience, clock: Clock): Promise<AccessToken> {
  flight.hold()
  if (patience.signal === undefined && patience.maxWait === undefined) return arrival
  return leaveOnAbort(arrival, patience, clock).finally(flight.release)
}
