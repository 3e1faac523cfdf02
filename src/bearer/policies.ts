import type { BearerOptions } from './interceptor.ts'

/**
 * The member of a token client that tells an adapter how tokens are spent under a policy. It goes by its name, so that two
 * copies of the package in one process understand each other.
 */
export const underPolicy: unique symbol = Symbol.for('service-token-client.underPolicy')

export interface UnderPolicy {
  [underPolicy](policy: unknown): BearerOptions
}
