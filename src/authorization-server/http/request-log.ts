import type { MissingGrant } from './refusal-error.ts'

export const endpointNames = ['token', 'metadata', 'jwks', 'introspection', 'revocation'] as const

/** What of the server a request was for, and a fault can be set at. */
export type EndpointName = (typeof endpointNames)[number]

/** One request that reached an endpoint, answered or not. It holds no token and no secret. */
export interface LoggedRequest {
  readonly endpoint: EndpointName
  /** Epoch ms. */
  readonly receivedAt: number
  /** Who sent it, once proved. */
  readonly clientId: string | undefined
  /** The scope it asked for, as it was sent, cut after 500 characters. */
  readonly scope: string | undefined
  /** The service that a token was granted for. */
  readonly service: string | undefined
  /** The scope that the token has. */
  readonly granted: readonly string[] | undefined
  /** When the token ends, in epoch ms. */
  readonly expiresAt: number | undefined
  /** The `error` member of a refusal. */
  readonly error: string | undefined
  /** Why it was refused, as a sentence. */
  readonly reason: string | undefined
  /** The grant with which it would not have been refused. */
  readonly missing: MissingGrant | undefined
  /** The fault that acted on it, by its name. */
  readonly fault: string | undefined
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
  /** Nothing more will be known of this entry. */
  settle(entry: LogEntry): void
  onSettled(listener: (entry: LoggedRequest) => void): void
}

export function requestLog(): WritableRequestLog {
  const counts = new Map<EndpointName, number>()
  const latest: LogEntry[] = []
  const listeners: ((entry: LoggedRequest) => void)[] = []
  return {
    latest,
    count: (endpoint) => counts.get(endpoint) ?? 0,
    clear() {
      counts.clear()
      latest.length = 0
    },
    add(endpoint, receivedAt) {
      const entry = newEntry(endpoint, receivedAt)
      counts.set(endpoint, (counts.get(endpoint) ?? 0) + 1)
      latest.push(entry)
      if (latest.length > kept) latest.shift()
      return entry
    },
    settle(entry) {
      for (const listener of listeners) listener(entry)
    },
    onSettled: (listener) => void listeners.push(listener)
  }
}

function newEntry(endpoint: EndpointName, receivedAt: number): LogEntry {
  const request = { endpoint, receivedAt, clientId: undefined, scope: undefined, fault: undefined }
  const granted = { service: undefined, granted: undefined, expiresAt: undefined }
  return { ...request, ...granted, error: undefined, reason: undefined, missing: undefined }
}

/** A text of somebody else, short enough to keep. A slice alone would hold the whole text in memory. */
export function shortened(text: string | undefined): string | undefined {
  return text === undefined || text.length <= 500 ? text : `${Buffer.from(text.slice(0, 500)).toString()}…`
}
