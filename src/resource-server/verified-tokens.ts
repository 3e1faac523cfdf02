import { hash } from 'node:crypto'
import type { Clock, Timer } from '../clock.ts'
import type { Verified } from './signed-token.ts'
import type { VerifiedToken } from './verified-token.ts'

const mostTokens = 10_000
const mostBytes = 32 * 1024 * 1024
const sweepEvery = 60_000

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

const nothing = { token: '', digest: '' }

/**
 * Keeps the most recently used verified tokens, within limits of number and memory, until they expire or reach their age limit. Refusals are not kept.
 * Tokens are stored under their hash, so verifying one again costs only a hash.
 */
export class VerifiedTokens {
  readonly #clock: Clock
  readonly #keepFor: number
  readonly #maxAge: number
  readonly #stillHolds: (verified: Verified) => boolean
  readonly #kept = new Map<string, Kept>()
  readonly #flights = new Map<string, Promise<VerifiedToken>>()
  #bytes = 0
  #sweep: Timer | undefined
  #latest = nothing

  constructor({ clock, keepFor = always, maxAge = always, stillHolds = () => true }: KeepingOptions) {
    this.#clock = clock
    this.#keepFor = keepFor
    this.#maxAge = maxAge
    this.#stillHolds = stillHolds
  }

  /** Returns the stored result, if there is one. */
  find(token: string): VerifiedToken | undefined {
    const digest = this.#digestOf(token)
    const known = this.#kept.get(digest)
    if (known === undefined) return undefined
    if (this.#clock.wallTime() >= known.until || !this.#stillHolds(known)) {
      this.#drop(digest)
      return undefined
    }
    // Moves the entry to the end, because the first entries are dropped first.
    this.#kept.delete(digest)
    this.#kept.set(digest, known)
    return known.token
  }

  /** Returns the stored result, or calls `verify`. Calls for the same token at the same time share one verification. */
  get(token: string, verify: () => Verified | Promise<Verified>): VerifiedToken | Promise<VerifiedToken> {
    const known = this.find(token)
    if (known !== undefined) return known
    const digest = this.#digestOf(token)
    const flight = this.#flights.get(digest)
    if (flight !== undefined) return flight
    const now = this.#clock.wallTime()
    const verified = verify()
    return verified instanceof Promise ? this.#fly(digest, verified, now) : this.#keep(digest, verified, now)
  }

  /** Removes all tokens. */
  close(): void {
    this.#sweep?.cancel()
    this.#sweep = undefined
    this.#kept.clear()
    this.#latest = nothing
    this.#bytes = 0
  }

  #digestOf(token: string): string {
    if (token !== this.#latest.token) this.#latest = { token, digest: hash('sha256', token, 'base64url') }
    return this.#latest.digest
  }

  #fly(digest: string, verifying: Promise<Verified>, now: number): Promise<VerifiedToken> {
    const flight = verifying
      .then((verified) => this.#keep(digest, verified, now))
      .finally(() => {
        this.#flights.delete(digest)
      })
    this.#flights.set(digest, flight)
    return flight
  }

  #keep(digest: string, { token, bytes, key }: Verified, now: number): VerifiedToken {
    const issuedAt = typeof token.claims.iat === 'number' ? token.claims.iat * 1000 : always
    const until = Math.min(token.expiresAt, now + this.#keepFor, issuedAt + this.#maxAge)
    if (until <= now) return token
    this.#add(digest, { token, bytes, key, until })
    this.#sweep ??= this.#sweepLater()
    return token
  }

  #add(digest: string, entry: Kept): void {
    this.#drop(digest)
    this.#kept.set(digest, entry)
    this.#bytes += entry.bytes
    for (const leastUsed of this.#kept.keys()) {
      if (this.#kept.size <= mostTokens && this.#bytes <= mostBytes) return
      this.#drop(leastUsed)
    }
  }

  #drop(digest: string): void {
    this.#bytes -= this.#kept.get(digest)?.bytes ?? 0
    this.#kept.delete(digest)
  }

  #sweepLater(): Timer {
    return this.#clock.startTimer(() => this.#dropExpired(), sweepEvery)
  }

  /** Expired entries are dropped, even if no more requests arrive. */
  #dropExpired(): void {
    const now = this.#clock.wallTime()
    for (const [digest, { until }] of this.#kept) if (until <= now) this.#drop(digest)
    this.#latest = nothing
    this.#sweep = this.#kept.size === 0 ? undefined : this.#sweepLater()
  }
}
