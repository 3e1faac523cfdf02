import type { TokenOut } from '../tokens/issued-tokens.ts'
import type { ServerParts } from './server-parts.ts'

/**
 * The tokens that services still accept: those whose key is published, whether revoked or not, since who verifies by itself does not hear of
 * it. Opaque ones are always asked about, so there a revoked one is over.
 */
export function tokensOut({ issued, keys, now, format }: ServerParts): readonly TokenOut[] {
  const published = new Set(keys.published().map(({ kid }) => kid))
  const verifies = ({ kid }: TokenOut) => kid === undefined || published.has(kid)
  return issued.out(now()).filter((token) => (format === 'opaque' ? !token.revoked : verifies(token)))
}

/** When the last of these tokens ends, in epoch ms. */
export function lastEnd(tokens: readonly TokenOut[]): number | undefined {
  return tokens.length === 0 ? undefined : tokens.reduce((last, { expiresAt }) => Math.max(last, expiresAt), 0)
}
