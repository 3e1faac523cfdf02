import type { TokenClientError } from '../../src/errors.ts'
import type { Host } from './host.ts'

/** The clocks of a host when a request left. They show later whether the clocks disagree about the age of its token. */
export interface Sent {
  /** Monotonic ms. */
  readonly at: number
  /** Wall time minus monotonic time, in milliseconds. */
  readonly clockOffset: number
  readonly suspended: number
  readonly setBack: number
}

/** A token that a service got. */
export interface Held {
  readonly value: string
  readonly sent: Sent
  /** Monotonic ms. The life that the server told counts from the request, and an end that it told earlier stays valid. */
  readonly endsAt: number
  /** The earliest end that the server ever told for this value; undefined if it told none. */
  readonly toldEnd: number | undefined
  /** True time at which the token came. */
  readonly cameAt: number
  /** The token came from a store. Its age is the difference between two wall clocks. */
  readonly isShared?: boolean
}

/** Failures in a row. */
export interface Row {
  readonly error: TokenClientError
  readonly failures: number
  /** How many of them left the kind of token without a usable token. */
  readonly withoutToken: number
  /** Monotonic ms of the first of those. */
  readonly outageSince: number | undefined
  /** Monotonic ms. The request of the last failure left at this moment; undefined if nobody saw that. */
  readonly sentAt: number | undefined
  /** Monotonic ms of the last failure. */
  readonly at: number
}

/** A failed flight, and the moment before which no other one may start. Monotonic ms. */
export interface Setback {
  readonly error: TokenClientError
  readonly scope: string
  readonly at: number
  readonly notBefore: number
  /** The least wait of its own kind of token, even if the server answers other kinds well. Milliseconds. */
  readonly own: number
  /** The credential that was sent. If it was refused, another credential ends the wait. */
  readonly secret: string
  /** No request of the flight was seen. */
  readonly isUnseen: boolean
  /** The credential had worked before. */
  readonly hadWorked: boolean
  /** It certainly concerns all kinds of tokens of the client. */
  readonly isForAll: boolean
  /** All counts of failures that are possible. Nothing outside shows when the library forgets a kind of token and its failures. */
  readonly rows: readonly Row[]
}

/** What can be seen from outside about one kind of token of a service. Nothing here is read from inside the library. */
export interface Ledger {
  readonly scope: string
  inFlight: number
  /** When the first request of the current flight left; undefined when no flight is under way. Monotonic ms. */
  flightAt: number | undefined
  attempts: number
  lastFlightAt: number
  /** That flight may have begun so much earlier than its first request left. Milliseconds. */
  heldBack: number
  /** When the first request of its last attempt left. Monotonic ms. */
  sentAt: number
  /** A server has asked for another proof, so the next request belongs to the same attempt. */
  goesOn: boolean
  /** The credential came late, so the attempt may have begun long before its request. */
  isLate: boolean
  /** When the last token request ended. Monotonic ms. */
  endedAt: number
  /** True time of the last token request. */
  askedAt: number
  /** The credential that was sent last. */
  secret: string
  /** The token of the last good answer. It becomes the held token when the `refreshed` event comes. */
  arrived: Held | undefined
  held: Held | undefined
  setback: Setback | undefined
  /** Monotonic ms of the last failure since the last token that may be the server's. */
  badAt: number | undefined
  /** The server may have answered other kinds of tokens since this one failed. Then only this one fails, until it gets a token. */
  mayBeAlone: boolean
  /** Other kinds of tokens were granted since this one was refused. Then only this one may be refused, until it gets a token. */
  mayBeRefusedAlone: boolean
  /** Monotonic ms of its last answer that does not show clearly whether the server is well. */
  unclearAt: number
  /** The start of the outage that the last refusal may have ended. If its attempt then fails without an answer, the outage goes on. */
  outageBefore: number | undefined
}

export function newLedger(scope: string): Ledger {
  return {
    scope,
    inFlight: 0,
    flightAt: undefined,
    attempts: 0,
    lastFlightAt: Number.NEGATIVE_INFINITY,
    heldBack: 0,
    sentAt: Number.NEGATIVE_INFINITY,
    goesOn: false,
    isLate: false,
    endedAt: Number.NEGATIVE_INFINITY,
    askedAt: Number.NEGATIVE_INFINITY,
    secret: '',
    arrived: undefined,
    held: undefined,
    setback: undefined,
    badAt: undefined,
    mayBeAlone: false,
    mayBeRefusedAlone: false,
    unclearAt: Number.NEGATIVE_INFINITY,
    outageBefore: undefined
  }
}

export function sentNow(host: Host): Sent {
  const at = host.monotonicTime()
  return { at, clockOffset: host.wallTime() - at, suspended: host.suspended, setBack: host.setBack }
}
