import type { EndpointName, LoggedRequest } from '../http/request-log.ts'
import type { RegistryChange } from '../registry/changes.ts'

/** One event, for people. It contains no token and no secret. */
export interface JournalEntry {
  /** Counts up from 1. */
  readonly id: number
  /** Epoch ms. */
  readonly at: number
  readonly kind: 'request' | 'registry' | 'fault' | 'keys' | 'file'
  readonly text: string
  readonly request?: LoggedRequest
  readonly change?: RegistryChange
  /** If the request was refused because a right was withdrawn: when that happened, in epoch ms. */
  readonly withdrawnAt?: number
}

/** The events of the server. */
export interface ReadableJournal {
  /** The last five hundred events, oldest first. */
  readonly latest: readonly JournalEntry[]
  /** Calls the listener with each new entry. Call the returned function to stop. */
  follow(listener: (entry: JournalEntry) => void): () => void
}

export interface Journal extends ReadableJournal {
  add(entry: Omit<JournalEntry, 'id' | 'at'>): void
  clear(): void
}

const kept = 500

/** `now` is in epoch ms. */
export function journal(now: () => number): Journal {
  const latest: JournalEntry[] = []
  const listeners = new Set<(entry: JournalEntry) => void>()
  let lastId = 0
  return {
    latest,
    add(entry) {
      const numbered = { id: ++lastId, at: now(), ...entry }
      latest.push(numbered)
      if (latest.length > kept) latest.shift()
      for (const listener of listeners) listener(numbered)
    },
    follow(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    clear() {
      latest.length = 0
    }
  }
}

const inWords: Readonly<Record<EndpointName, string>> = {
  token: 'a token',
  metadata: 'the metadata',
  jwks: 'the keys',
  introspection: 'an introspection',
  revocation: 'a revocation'
}

/** Describes a request in a sentence, such as `orders got a token for billing: charge.` */
export function requestSentence(request: LoggedRequest): string {
  const { endpoint, clientId = 'somebody', service, granted = [], error, reason, fault } = request
  const faulty = fault === undefined ? '' : ` The fault ${fault} acted on it.`
  if (error !== undefined)
    return `${clientId} asked for ${inWords[endpoint]} and was refused: ${error}. ${reason}${faulty}`
  if (service === undefined) return `${clientId} asked for ${inWords[endpoint]}.${faulty}`
  return `${clientId} got a token for ${service}: ${granted.join(' ') || 'no scope'}.${faulty}`
}
