import { createHash } from 'node:crypto'
import type { JWTPayload } from 'jose'

/** An issued token, without its value. */
export interface IssuedToken {
  readonly clientId: string
  readonly service: string
  readonly scope: readonly string[]
  readonly claims: JWTPayload
  /** The key that signed it; undefined for an opaque token. */
  readonly kid: string | undefined
  /** Epoch ms. */
  readonly issuedAt: number
  /** Epoch ms. */
  readonly expiresAt: number
  /** Whether it was revoked, so that it is inactive at introspection. */
  readonly revoked: boolean
}

export type TokenOut = Omit<IssuedToken, 'claims'>

/** The last ten thousand issued tokens, by their hashes. */
export interface IssuedTokens {
  add(value: string, token: Omit<IssuedToken, 'revoked'>): void
  /** The issued token; undefined if it was revoked, or if it is no longer remembered. */
  find(value: string): IssuedToken | undefined
  revoke(value: string): void
  /** Revokes all tokens of a client for a service, and returns how many there were. */
  revokeAll(clientId: string, service: string): number
  /** The tokens that have not expired at `now`, in epoch ms, including revoked ones. */
  out(now: number): readonly TokenOut[]
  clear(): void
}

interface Kept extends TokenOut {
  revoked: boolean
  /** The content as JSON, which needs a tenth of the memory of the object. */
  readonly json: string
}

const mostRemembered = 10_000

export function issuedTokens(): IssuedTokens {
  const kept = new Map<string, Kept>()

  function opened({ json, ...token }: Kept): IssuedToken {
    return { ...token, claims: JSON.parse(json) }
  }

  return {
    add(value, { claims, ...token }) {
      kept.set(hashOf(value), { ...token, json: JSON.stringify(claims), revoked: false })
      const [oldest] = kept.keys()
      if (kept.size > mostRemembered && oldest !== undefined) kept.delete(oldest)
    },
    find(value) {
      const token = kept.get(hashOf(value))
      return token === undefined || token.revoked ? undefined : opened(token)
    },
    revoke(value) {
      const token = kept.get(hashOf(value))
      if (token !== undefined) token.revoked = true
    },
    revokeAll(clientId, service) {
      const held = [...kept.values()].filter((one) => one.clientId === clientId && one.service === service)
      const counting = held.filter(({ revoked }) => !revoked)
      for (const token of counting) token.revoked = true
      return counting.length
    },
    out(now) {
      for (const [hash, { expiresAt }] of kept) if (expiresAt <= now) kept.delete(hash)
      return [...kept.values()]
    },
    clear: () => kept.clear()
  }
}

function hashOf(value: string): string {
  return createHash('sha256').update(value).digest('base64url')
}
