import type { IncomingMessage } from 'node:http'

/** Each field once (RFC 9110 §5.3). */
export function joined(headers: IncomingMessage['headersDistinct']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, values = []]) => [name, values.join(', ')]))
}
