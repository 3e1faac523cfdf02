import { hash } from 'node:crypto'
import type { Clock } from '../clock.ts'

const rememberedFor = 10_000
const mostRemembered = 1000

/** Tokens that the issuer called inactive. If somebody sends the same token again and again, the issuer is asked only once. */
export interface InactiveTokens {
  has(token: string): boolean
  add(token: string): void
}

/** Remembers tokens by their hashes for ten seconds, or for `keepFor` if it is shorter. It keeps at most a thousand. */
export function inactiveTokens(clock: Clock, keepFor: number): InactiveTokens {
  const forgottenAt = new Map<string, number>()
  const digestOf = (token: string) => hash('sha256', token, 'base64url')

  return {
    has(token) {
      if (forgottenAt.size === 0) return false
      return clock.monotonicTime() < (forgottenAt.get(digestOf(token)) ?? Number.NEGATIVE_INFINITY)
    },
    add(token) {
      const [oldest] = forgottenAt.keys()
      if (forgottenAt.size >= mostRemembered && oldest !== undefined) forgottenAt.delete(oldest)
      forgottenAt.set(digestOf(token), clock.monotonicTime() + Math.min(rememberedFor, keepFor))
    }
  }
}
