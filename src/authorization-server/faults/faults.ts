import { type Answer, jsonAnswer } from '../http/answer.ts'
import { after, byteByByte, bytes, never, resetAfter, resetBefore } from './delivery.ts'
import type { Alteration, FaultQueue, FaultReach } from './fault-queue.ts'

/** An answer that a fault gives. */
export interface FaultAnswer {
  readonly status?: number
  readonly headers?: Answer['headers']
  /** A string or bytes as they are, anything else as JSON. */
  readonly body?: unknown
}

/**
 * Switches for what can go wrong with an authorization server, live. At each endpoint the faults for a number of requests act first, in the order in
 * which they were set; after them the last one without a number, until `clear()`. One fault acts on one request. `down` and `clockOffset` act beside them.
 */
export interface Faults {
  /** Open connections are broken, and every new one, until `clear()`. */
  down(): void
  /** Answers come `ms` late. */
  slow(ms: number, reach?: FaultReach): void
  /** The body comes one byte each `ms`. */
  drip(ms: number, reach?: FaultReach): void
  /** Requests are taken and never answered. */
  hang(reach?: FaultReach): void
  /** The connection is reset before a byte of the answer. */
  reset(reach?: FaultReach): void
  /** The connection is reset after the head and `count` bytes of the body. */
  resetAtByte(count: number, reach?: FaultReach): void
  /** These bytes are the whole answer on the wire, status line included; the connection is then closed. */
  raw(wire: string | Uint8Array, reach?: FaultReach): void
  /** This answer, and no token is made. 200 unless `status` says otherwise. */
  answer(answer: FaultAnswer, reach?: FaultReach): void
  /** The real answer with these parts changed. */
  alter(alteration: Alteration, reach?: FaultReach): void
  /** 429; `retryAfter` in milliseconds, or as a string the header as it is to be sent. */
  rateLimit(limit?: { readonly retryAfter?: number | string }, reach?: FaultReach): void
  /** 307 unless `status` says otherwise. */
  redirect(location: string, status?: number, reach?: FaultReach): void
  /** Tokens live for `ms`. */
  lifetime(ms: number, reach?: FaultReach): void
  /** The token that was last given for the same request is given again, with what is left of its life. */
  sameToken(reach?: FaultReach): void
  /** The server's clock is wrong by `ms`, in tokens and `Date` headers, until `clear()`. */
  clockOffset(ms: number): void
  /** All is well again. */
  clear(): void
}

/** What the whole server suffers from. */
export interface Condition {
  down: boolean
  /** Milliseconds. */
  clockOffset: number
}

/** `breakConnections` ends what is open when the server goes down. */
export function faultSwitches(queue: FaultQueue, condition: Condition, breakConnections: () => void): Faults {
  return {
    down() {
      condition.down = true
      breakConnections()
    },
    slow: (ms, reach) => queue.set({ deliver: after(ms) }, reach),
    drip: (ms, reach) => queue.set({ deliver: byteByByte(ms) }, reach),
    hang: (reach) => queue.set({ deliver: never }, reach),
    reset: (reach) => queue.set({ deliver: resetBefore }, reach),
    resetAtByte: (count, reach) => queue.set({ deliver: resetAfter(count) }, reach),
    raw: (wire, reach) => queue.set({ deliver: bytes(wire) }, reach),
    answer: (answer, reach) => queue.set({ instead: written(answer) }, reach),
    alter: (alteration, reach) => queue.set({ alteration }, reach),
    rateLimit: (limit, reach) => queue.set({ instead: tooManyRequests(limit?.retryAfter) }, reach),
    redirect: (location, status = 307, reach) =>
      queue.set({ instead: { status, headers: { location }, body: '' } }, reach),
    lifetime: (lifetime, reach) => queue.set({ lifetime }, reach),
    sameToken: (reach) => queue.set({ sameToken: true }, reach),
    clockOffset(ms) {
      condition.clockOffset = ms
    },
    clear() {
      queue.clear()
      condition.down = false
      condition.clockOffset = 0
    }
  }
}

function written({ status = 200, headers = {}, body = '' }: FaultAnswer): Answer {
  const asItIs = typeof body === 'string' || body instanceof Uint8Array
  return asItIs ? { status, headers, body } : jsonAnswer(status, body, headers)
}

function tooManyRequests(retryAfter?: number | string): Answer {
  if (retryAfter === undefined) return { status: 429, headers: {}, body: '' }
  const header = typeof retryAfter === 'number' ? String(Math.ceil(retryAfter / 1000)) : retryAfter
  return { status: 429, headers: { 'retry-after': header }, body: '' }
}
