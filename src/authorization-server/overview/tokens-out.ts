import type { TokenOut } from '../tokens/issued-tokens.ts'
import type { ServerParts } from './server-parts.ts'

/**
 * The tokens that services still accept. A revoked JWT counts too while its key is published, because services that verify tokens themselves do not
 * learn of the revocation. A revoked opaque token does not count, because services always ask about opaque tokens.
 */
export function tokensOut({ issued, keys, now, format }: ServerParts): readonly TokenOut[] {
  const published = new Set(keys.published().map(({ kid }) => kid))
  const verifies = ({ kid }: TokenOut) => kid === undefined || published.has(kid)
  return issued.out(now()).filter((token) => (format === 'opaque' ? !token.revoked : verifies(token)))
}

/** When the last of these tokens expires, in epoch ms. */
export function lastEnd(tokens: readonly TokenOut[]): number | undefined {
  return tokens.length === 0 ? undefined : tokens.reduce((last, { expiresAt }) => Math.max(last, expiresAt), 0)
}
