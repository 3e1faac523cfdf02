import type { Clock } from '../clock.ts'
import type { Ending } from './ending.ts'
import { leaveOnAbort } from './leave-on-abort.ts'

const longestReading = 1000

/** Whether a credential has changed since it was last read. A source that hangs or fails counts as unchanged. */
export function broughtNews(reading: Promise<boolean>, clock: Clock, signal?: AbortSignal | Ending): Promise<boolean> {
  return leaveOnAbort(reading, { signal, maxWait: longestReading }, clock).catch(() => false)
}
