import type { MissingGrant } from './refusal-error.ts'

export const endpointNames = ['token', 'metadata', 'jwks', 'introspection', 'revocation'] as const

/** The endpoints of the server, which the log and the faults name. */
export type EndpointName = (typeof endpointNames)[number]

/** One request to an endpoint, whether it was answered or not. It contains no token and no secret. */
export interface LoggedRequest {
  readonly endpoint: EndpointName
  /** Epoch ms. */
  readonly receivedAt: number
  /** The client, once it is authenticated. */
  readonly clientId: string | undefined
  /** The requested scope, cut after 500 characters. */
  readonly scope: string | undefined
  /** The service that the issued token is for. */
  readonly service: string | undefined
  /** The scope of the issued token. */
  readonly granted: readonly string[] | undefined
  /** When the issued token expires, in epoch ms. */
  readonly expiresAt: number | undefined
  /** The `error` member of a refusal. */
  readonly error: string | undefined
  /** Why it was refused, as a sentence. */
  readonly reason: string | undefined
  /** The grant that the client lacks. */
  readonly missing: MissingGrant | undefined
  /** The name of the fault that acted on it. */
  readonly fault: string | undefined
}

export interface RequestLog {
  /** How many requests there were since the start, or since `clear()`. */
  count(endpoint: EndpointName): number
  /** The last thousand requests, oldest first. */
  readonly latest: readonly LoggedRequest[]
  clear(): void
}

const kept = 1000

/** The entry of a request that is being handled. It is completed step by step. */
export type LogEntry = { -readonly [Field in keyof LoggedRequest]: LoggedRequest[Field] }

export interface WritableRequestLog extends RequestLog {
  add(endpoint: EndpointName, receivedAt: number): LogEntry
  /** The request has been handled, so the entry is complete. */
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

/** Shortens a text so that it can be kept. It is copied, because a slice would keep the whole text in memory. */
export function shortened(text: string | undefined): string | undefined {
  return text === undefined || text.length <= 500 ? text : `${Buffer.from(text.slice(0, 500)).toString()}…`
}
