import type { Clock } from '../clock.ts'
import { leaveOnAbort } from './leave-on-abort.ts'

const longestReading = 1000

/** Whether reading a credential again has brought news, soon enough: a source that hangs or fails has none. */
export function broughtNews(reading: Promise<boolean>, clock: Clock, signal?: AbortSignal): Promise<boolean> {
  return leaveOnAbort(reading, { signal, maxWait: longestReading }, clock).catch(() => false)
}
