import { hash } from 'node:crypto'
import type { Clock, Timer } from '../clock.ts'
import type { Verified } from './signed-token.ts'
import type { VerifiedToken } from './verified-token.ts'

const mostTokens = 10_000
const mostBytes = 32 * 1024 * 1024
const sweepEvery = 60_000

/** Tokens that were verified before. They are stored under their hash, so verifying one again costs only a hash. */
export interface VerifiedTokens {
  /** Returns the stored result, if there is one. */
  find(token: string): VerifiedToken | undefined
  /** Returns the stored result, or calls `verify`. Calls for the same token at the same time share one verification. */
  get(token: string, verify: () => Verified | Promise<Verified>): VerifiedToken | Promise<VerifiedToken>
  /** Removes all tokens. */
  close(): void
}

export interface KeepingOptions {
  readonly clock: Clock
  /** How many milliseconds after its verification a token is kept. */
  readonly keepFor?: number
  /** How many milliseconds after it was issued a token is kept. */
  readonly maxAge?: number
  /** Whether a stored result is still valid, for instance because its key is still published. */
  stillHolds?(verified: Verified): boolean
}

interface Kept extends Verified {
  /** Epoch ms. */
  readonly until: number
}

const always = Number.POSITIVE_INFINITY

/** Keeps the most recently used tokens, within limits of number and memory, until they expire or reach their age limit. Refusals are not kept. */
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
    // Moves the entry to the end, because the first entries are dropped first.
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
