/** What of the server a request was for, and a fault can be set at. */
export type EndpointName = 'token' | 'metadata' | 'jwks' | 'introspection' | 'revocation'

/** One request that reached an endpoint, answered or not. */
export interface LoggedRequest {
  readonly endpoint: EndpointName
  /** Epoch ms. */
  readonly receivedAt: number
  /** Who sent it, once proved. */
  readonly clientId: string | undefined
  /** The scope it asked for, as it was sent. */
  readonly scope: string | undefined
}

export interface RequestLog {
  /** How many requests came since the start, or since `clear()`. */
  count(endpoint: EndpointName): number
  /** The last thousand, oldest first. */
  readonly latest: readonly LoggedRequest[]
  clear(): void
}

const kept = 1000

/** The entry of the request under way: it is completed as more is known. */
export type LogEntry = { -readonly [Field in keyof LoggedRequest]: LoggedRequest[Field] }

export interface WritableRequestLog extends RequestLog {
  add(endpoint: EndpointName, receivedAt: number): LogEntry
}

export function requestLog(): WritableRequestLog {
  const counts = new Map<EndpointName, number>()
  const latest: LogEntry[] = []
  return {
    latest,
    count: (endpoint) => counts.get(endpoint) ?? 0,
    clear() {
      counts.clear()
      latest.length = 0
    },
    add(endpoint, receivedAt) {
      const entry = { endpoint, receivedAt, clientId: undefined, scope: undefined }
      counts.set(endpoint, (counts.get(endpoint) ?? 0) + 1)
      latest.push(entry)
      if (latest.length > kept) latest.shift()
      return entry
    }
  }
}
