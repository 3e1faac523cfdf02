import type { TokenClientError } from './errors.ts'

/** What the token request asked for. Every event has these fields. */
export interface RequestFields {
  readonly scope: readonly string[]
  readonly audience?: string | undefined
  readonly resource: readonly string[]
}

export function fieldsOf({ scope, audience, resource }: RequestFields): RequestFields {
  return { scope, resource, ...(audience !== undefined && { audience }) }
}

/** Why the token was requested. `asked` means that `tokens.refresh()` was called. */
export type RefreshReason = 'first' | 'due' | 'expired' | 'rejected' | 'asked'

/** Where the token came from: this instance asked the authorization server, or another instance did and the token was in the store. */
export type TokenOrigin = 'endpoint' | 'store'

export interface Refreshed extends RequestFields {
  readonly serial: number
  readonly reason: RefreshReason
  readonly origin: TokenOrigin
  /** Epoch ms. */
  readonly expiresAt: number
  readonly granted: readonly string[]
  /** Milliseconds from the start of the flight. */
  readonly duration: number
  readonly attempts: number
}

export interface RefreshFailed extends RequestFields {
  readonly error: TokenClientError
  /** The token that stays in use, if there is one. */
  readonly serial?: number | undefined
  /** Epoch ms. The client makes no other token request for this key before that. */
  readonly nextAttemptAt: number
}

export interface Rejected extends RequestFields {
  readonly serial: number
  readonly origin: string
  readonly status: number
  /** The `error` of the challenge (RFC 6750 §3.1). */
  readonly error?: string | undefined
  /** The `scope` of an `insufficient_scope` challenge. */
  readonly neededScope?: readonly string[] | undefined
  /** How many calls were refused in this way since the previous event. The first refusal is reported at once, the others every ten seconds. */
  readonly count: number
}

export interface Expired extends RequestFields {
  readonly serial: number
}

export interface ScopeNarrowed extends RequestFields {
  readonly asked: readonly string[]
  readonly granted: readonly string[]
}

/** A problem that made no call fail, but that somebody should look at. */
export type WarningCode =
  | 'token_type_missing'
  | 'expiry_missing'
  | 'expiry_clamped'
  | 'scope_widened'
  | 'life_too_short'
  | 'too_many_keys'
  | 'tls_verification_disabled'
  | 'secret_unavailable'
  | 'secret_has_whitespace'
  | 'credential_changed'
  | 'credential_refused'
  | 'store_unavailable'
  | 'token_not_shared'

export interface Warning extends Partial<RequestFields> {
  readonly code: WarningCode
  readonly message: string
}

/** Event name → payload. There are no other events, and no event contains a token or a secret. */
export interface TokenClientEvents {
  refreshed: Refreshed
  'refresh-failed': RefreshFailed
  rejected: Rejected
  expired: Expired
  'scope-narrowed': ScopeNarrowed
  warning: Warning
}

export type EventName = keyof TokenClientEvents

const names: Readonly<Record<EventName, true>> = {
  refreshed: true,
  'refresh-failed': true,
  rejected: true,
  expired: true,
  'scope-narrowed': true,
  warning: true
}

export const eventNames: readonly string[] = Object.keys(names)

export type Emit = <Name extends EventName>(name: Name, event: TokenClientEvents[Name]) => void
