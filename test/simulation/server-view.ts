/** What a service can know of the authorization server, seen on its wire. Monotonic ms unless said otherwise. */
export interface ServerView {
  /** When it last showed itself well. */
  goodAt: number
  /** When it last failed, whatever was asked of it. */
  failedAt: number
  /** True time since which it has certainly been ill; undefined when nobody could swear it. */
  illSince: number | undefined
  /** The first failure since then that left somebody without a token, and whether all failures since then were certainly the server's. */
  outageSince: number | undefined
  isPlain: boolean
  /** How often it has asked for a pause since then, and the last one. */
  pauses: number
  pause: Pause | undefined
  readonly open: Set<OpenExchange>
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
    isPlain: true,
    pauses: 0,
    pause: undefined,
    open: new Set()
  }
}
