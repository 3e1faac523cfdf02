import type { TokenClientError } from '../../src/errors.ts'
import type { Host } from './host.ts'

/** The two readings that tell later whether a host's clocks disagree about a token's age. */
export interface Sent {
  /** Monotonic ms. */
  readonly at: number
  /** Wall time less monotonic time. */
  readonly clockOffset: number
  readonly suspended: number
  readonly setBack: number
}

/** A token as a service got it. */
export interface Held {
  readonly value: string
  readonly sent: Sent
  /** Monotonic ms: sent for, plus the life that the server told; no later than any end that it told before. */
  readonly endsAt: number
  /** The earliest end that the server told for the value; undefined when it never told one. */
  readonly toldEnd: number | undefined
  /** True time at which it came. */
  readonly cameAt: number
  /** It came from a store: its age is what two wall clocks make of it. */
  readonly isShared?: boolean
}

/** Failures in a row. */
export interface Row {
  readonly error: TokenClientError
  readonly failures: number
  /** Those of them that left the key without a token to rely on. */
  readonly withoutToken: number
  /** Monotonic ms of the first of them that left the key without a token to rely on. */
  readonly outageSince: number | undefined
  /** Monotonic ms of the last of them: when its request left, as far as that was seen, and when it failed. */
  readonly sentAt: number | undefined
  readonly at: number
}

/** A failed flight, and until when nobody may start another one. Monotonic ms. */
export interface Setback {
  readonly error: TokenClientError
  readonly scope: string
  readonly at: number
  readonly notBefore: number
  /** Milliseconds that it bars its own kind of token at least, whatever the server shows to others. */
  readonly own: number
  /** The credential that was refused: another one ends the wait. */
  readonly secret: string
  /** None of its requests was seen. */
  readonly isUnseen: boolean
  /** The credential had worked before. */
  readonly hadWorked: boolean
  /** Nobody can doubt that it concerns all kinds of tokens of the client. */
  readonly isForAll: boolean
  /** What may be remembered of it; nothing outside tells when a kind of token was let go, and its failures with it. */
  readonly rows: readonly Row[]
}

/** What a service's outside shows about one kind of token: the simulation's own book, kept without looking into the library. */
export interface Ledger {
  readonly scope: string
  inFlight: number
  /** Of the flight under way, from its first request to its event. Monotonic ms. */
  flightAt: number | undefined
  attempts: number
  lastFlightAt: number
  /** How much earlier that flight may have begun than its first request left. */
  heldBack: number
  /** When the first request of its last attempt left. Monotonic ms. */
  sentAt: number
  /** The next request belongs to the same attempt: a server has asked for another proof. */
  goesOn: boolean
  /** Its credential came late, so that its attempt may have begun long before. */
  isLate: boolean
  /** When that request ended. Monotonic ms. */
  endedAt: number
  /** True time of the last token request. */
  askedAt: number
  /** The credential that was sent last. */
  secret: string
  /** The last good answer; it becomes the held token with its event. */
  arrived: Held | undefined
  held: Held | undefined
  setback: Setback | undefined
  /** Monotonic ms of the last failure that may be the server's, since its last token. */
  badAt: number | undefined
  /** Others may have been answered since it failed, or got tokens since it was refused: then it fails alone, until it gets a token. */
  mayBeAlone: boolean
  mayBeRefusedAlone: boolean
  /** Monotonic ms of its last answer of which nobody can swear that it shows the server well, or ill. */
  unclearAt: number
  /** Since when the server was out when it refused the last request. If the attempt then fails for want of an answer, it may be out since then. */
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
