import { hash } from 'node:crypto'
import type { VerifiedToken } from './verified-token.ts'

const mostKept = 10_000

interface Kept {
  readonly token: Promise<VerifiedToken>
  readonly generation: number
  /** Epoch ms. */
  until: number
}

/** What was verified already: the same token again costs a hash, and nobody can read it here. */
export interface VerifiedTokens {
  /** The kept result, or that of `verify`, shared by all who ask meanwhile. */
  get(token: string, now: number, generation: number, verify: () => Promise<VerifiedToken>): Promise<VerifiedToken>
}

export interface KeepingLimits {
  /** Milliseconds since the token was verified. */
  readonly keepFor?: number
  /** Milliseconds since the token was issued. */
  readonly maxAge?: number
}

const always = Number.POSITIVE_INFINITY

/** Keeps ten thousand tokens, the latest used, each until it ends, or until a limit before that. A refusal is not kept. */
export function verifiedTokens({ keepFor = always, maxAge = always }: KeepingLimits = {}): VerifiedTokens {
  const kept = new Map<string, Kept>()

  function keep(digest: string, entry: Kept): void {
    kept.delete(digest)
    kept.set(digest, entry)
    const [leastUsed] = kept.keys()
    if (kept.size > mostKept && leastUsed !== undefined) kept.delete(leastUsed)
  }

  return {
    get(token, now, generation, verify) {
      const digest = hash('sha256', token, 'base64url')
      const known = kept.get(digest)
      if (known !== undefined && now < known.until && known.generation === generation) {
        keep(digest, known)
        return known.token
      }
      const entry: Kept = { token: verify(), generation, until: Number.POSITIVE_INFINITY }
      keep(digest, entry)
      entry.token.then(
        ({ expiresAt, claims }) => {
          const issuedAt = typeof claims.iat === 'number' ? claims.iat * 1000 : always
          entry.until = Math.min(expiresAt, now + keepFor, issuedAt + maxAge)
        },
        () => {
          if (kept.get(digest) === entry) kept.delete(digest)
        }
      )
      return entry.token
    }
  }
}
