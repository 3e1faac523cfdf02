/** What a service can know of the authorization server, seen on its wire. Monotonic ms unless said otherwise. */
export interface ServerView {
  /** When it last showed itself well. */
  goodAt: number
  /** When it last failed, whatever was asked of it. */
  failedAt: number
  /** True time since which it has certainly been ill; undefined when nobody could swear it. */
  illSince: number | undefined
  /** The first failure since it was well that may have left a kind of token without a usable one, and the first that certainly has. */
  outageSince: number | undefined
  surelyOutSince: number | undefined
  /** The failures since it was well: how many, and the last of them. */
  count: number
  readonly failures: ServerFailure[]
  /** The kinds of tokens that have met one. */
  readonly failedFor: Set<string>
  /** How often it has asked for a pause since then, and the last one. */
  pauses: number
  pause: Pause | undefined
  readonly open: Set<OpenExchange>
}

export interface ServerFailure {
  readonly scope: string
  /** Monotonic ms: when its request left, as far as that was seen, and when it failed. */
  readonly sentAt: number | undefined
  readonly at: number
  /** The pause that came with it, in milliseconds; undefined when nobody can say. */
  readonly asked: number | undefined
  /** Nobody can doubt that it is the server's. */
  readonly isCertain: boolean
  /** Nor that its request left after the failure before. */
  readonly isAnother: boolean
}

interface Pause {
  readonly at: number
  /** True time. */
  readonly toldAt: number
  readonly asked: number
  isBroken: boolean
}

/** A token request on the wire. */
export interface OpenExchange {
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
