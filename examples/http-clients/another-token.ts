import type { AccessToken, TokenClient } from 'service-token-client'

/**
 * For clients that take neither a dispatcher nor a fetch: after a 401 another token, or undefined when the answer stands,
 * because it asks for something else or because no other token can be had. Send the request again once, not more.
 */
export async function anotherToken(
  tokens: TokenClient,
  refused: AccessToken,
  challenge = 'Bearer'
): Promise<AccessToken | undefined> {
  if (!/\bbearer\b/i.test(challenge) || challenge.includes('insufficient_scope')) return undefined
  tokens.invalidate(refused)
  const next = await tokens.getToken().catch(() => refused)
  return next.serial === refused.serial ? undefined : next
}
