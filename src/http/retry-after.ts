import { parseHttpDate } from '../http-date.ts'
import type { Answer } from './exchange.ts'

/**
 * Milliseconds to wait by the `Retry-After` of an answer (RFC 9110 §10.2.3); undefined when there is none that can be read.
 * A date is compared with the server's own `Date`, so a wrong clock on this machine does not matter.
 */
export function retryAfter({ headers }: Pick<Answer, 'headers'>, wallTime: number): number | undefined {
  const field = headers['retry-after']
  if (field === undefined) return undefined
  if (/^\d+$/.test(field)) return Math.min(Number(field) * 1000, Number.MAX_SAFE_INTEGER)

  const until = parseHttpDate(field, wallTime)
  const from = parseHttpDate(headers.date ?? '', wallTime) ?? wallTime
  return until === undefined ? undefined : Math.max(0, until - from)
}
