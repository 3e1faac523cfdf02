import type { BearerOptions } from './interceptor.ts'

/**
 * The symbol of the member of a token client through which an adapter uses tokens under a policy. It is a registered symbol, so that two
 * copies of the package in one process work together.
 */
export const underPolicy: unique symbol = Symbol.for('service-token-client.underPolicy')

export interface UnderPolicy {
  [underPolicy](policy: unknown): BearerOptions
}
