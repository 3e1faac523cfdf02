import { hash } from 'node:crypto'
import type { Clock, Timer } from '../clock.ts'
import type { Verified } from './signed-token.ts'
import type { VerifiedToken } from './verified-token.ts'

const mostTokens = 10_000
const mostBytes = 32 * 1024 * 1024
const sweepEvery = 60_000

/** What was verified already: the same token again costs a hash, and nobody can read it here. */
export interface VerifiedTokens {
  /** The kept result. */
  find(token: string): VerifiedToken | undefined
  /** The kept result, or that of `verify`, shared by all who ask meanwhile. */
  get(token: string, verify: () => Verified | Promise<Verified>): VerifiedToken | Promise<VerifiedToken>
  /** Forgets all. */
  close(): void
}

export interface KeepingOptions {
  readonly clock: Clock
  /** Milliseconds since the token was verified. */
  readonly keepFor?: number
  /** Milliseconds since the token was issued. */
  readonly maxAge?: number
  /** Whether what was verified then would still be verified now. */
  stillHolds?(verified: Verified): boolean
}

interface Kept extends Verified {
  /** Epoch ms. */
  readonly until: number
}

const always = Number.POSITIVE_INFINITY

/** Keeps the tokens that were used last, by number and by memory, each until it ends or until a limit before that. A refusal is not kept. */
export function verifiedTokens(options: KeepingOptions): VerifiedTokens {
  const { clock, keepFor = always, maxAge = always, stillHolds = () => true } = options
  const kept = new Map<string, Kept>()
  const flights = new Map<string, Promise<VerifiedToken>>()
  let bytesKept = 0
  let sweep: Timer | undefined
  let latest = { token: '', digest: '' }

  function digestOf(token: string): string {
    if (token !== latest.token) latest = { token, digest: hash('sha256', token, 'base64url') }
    return latest.digest
  }

  function keep(digest: string, { token, bytes, key }: Verified, now: number): VerifiedToken {
    const issuedAt = typeof token.claims.iat === 'number' ? token.claims.iat * 1000 : always
    const until = Math.min(token.expiresAt, now + keepFor, issuedAt + maxAge)
    if (until <= now) return token
    add(digest, { token, bytes, key, until })
    sweep ??= clock.startTimer(letGo, sweepEvery)
    return token
  }

  function add(digest: string, entry: Kept): void {
    drop(digest)
    kept.set(digest, entry)
    bytesKept += entry.bytes
    for (const leastUsed of kept.keys()) {
      if (kept.size <= mostTokens && bytesKept <= mostBytes) return
      drop(leastUsed)
    }
  }

  function drop(digest: string): void {
    bytesKept -= kept.get(digest)?.bytes ?? 0
    kept.delete(digest)
  }

  /** Expired entries are dropped, even if no more requests arrive. */
  function letGo(): void {
    const now = clock.wallTime()
    for (const [digest, { until }] of kept) if (until <= now) drop(digest)
    latest = { token: '', digest: '' }
    sweep = kept.size === 0 ? undefined : clock.startTimer(letGo, sweepEvery)
  }

  function fly(digest: string, verifying: Promise<Verified>, now: number): Promise<VerifiedToken> {
    const flight = verifying
      .then((verified) => keep(digest, verified, now))
      .finally(() => {
        flights.delete(digest)
      })
    flights.set(digest, flight)
    return flight
  }

  function find(token: string): VerifiedToken | undefined {
    const digest = digestOf(token)
    const known = kept.get(digest)
    if (known === undefined) return undefined
    if (clock.wallTime() >= known.until || !stillHolds(known)) {
      drop(digest)
      return undefined
    }
    // To the end of the line of those that go.
    kept.delete(digest)
    kept.set(digest, known)
    return known.token
  }

  return {
    find,
    get(token, verify) {
      const known = find(token)
      if (known !== undefined) return known
      const digest = digestOf(token)
      const flight = flights.get(digest)
      if (flight !== undefined) return flight
      const now = clock.wallTime()
      const verified = verify()
      return verified instanceof Promise ? fly(digest, verified, now) : keep(digest, verified, now)
    },
    close() {
      sweep?.cancel()
      sweep = undefined
      kept.clear()
      latest = { token: '', digest: '' }
      bytesKept = 0
    }
  }
}
