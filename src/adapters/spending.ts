import type { BearerOptions } from '../bearer/interceptor.ts'
import { type UnderPolicy, underPolicy } from '../bearer/policies.ts'
import { wrong } from '../wrong-option.ts'

/** How the tokens of a client are spent under a policy. Throws ClientConfigurationError. */
export function spendingUnder(tokens: object, policy: unknown): BearerOptions {
  const under = (tokens as Partial<UnderPolicy> | null | undefined)?.[underPolicy]
  if (typeof under === 'function') return under(policy)
  return wrong('tokens', 'is not a token client', 'Give what createTokenClient() returned, not a copy of it.')
}
