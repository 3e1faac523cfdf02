import type { Ledger } from './ledger.ts'

/** What a service can know about the authorization server from its own exchanges. Monotonic ms unless said otherwise. */
export interface ServerView {
  /** When it last gave a good answer. */
  goodAt: number
  /** When it last failed, for any kind of token. */
  failedAt: number
  /** True time since which it has certainly been ill; undefined if that is not certain. */
  illSince: number | undefined
  /** The first failure since it was well that may have left a kind of token without a usable token. */
  outageSince: number | undefined
  /** The first failure since it was well that certainly has. */
  surelyOutSince: number | undefined
  /** How many failures there were since it was well. */
  count: number
  /** The last of these failures. */
  readonly failures: ServerFailure[]
  /** The kinds of tokens that met one of them. */
  readonly failedFor: Set<string>
  /** How often it has asked for a pause since it was well. */
  pauses: number
  /** The last pause. */
  pause: Pause | undefined
  readonly open: Set<OpenExchange>
}

export interface ServerFailure {
  readonly scope: string
  /** Monotonic ms at which its request left; undefined if nobody saw that. */
  readonly sentAt: number | undefined
  /** Monotonic ms at which it failed. */
  readonly at: number
  /** The pause that it asked for, in milliseconds; undefined if that cannot be known. */
  readonly asked: number | undefined
  /** It is certainly a failure of the server, and not of one request only. */
  readonly isCertain: boolean
  /** Its request certainly left after the former failure. */
  readonly isAnother: boolean
}

interface Pause {
  readonly at: number
  /** True time of the answer that asked for it. */
  readonly toldAt: number
  readonly asked: number
  isBroken: boolean
}

/** A token request on the wire. */
export interface OpenExchange {
  /** The ledger of the kind of token that is requested. */
  readonly ledger: Ledger
  /** True time. */
  readonly beganAt: number
}

export function newServerView(): ServerView {
  return {
    goodAt: Number.NEGATIVE_INFINITY,
    failedAt: Number.NEGATIVE_INFINITY,
    illSince: undefined,
    outageSince: undefined,
    surelyOutSince: undefined,
    count: 0,
    failures: [],
    failedFor: new Set(),
    pauses: 0,
    pause: undefined,
    open: new Set()
  }
}
