import type { TokenClientError } from '../../src/errors.ts'
import type { Ledger } from './ledger.ts'
import type { Service } from './world.ts'

/** A flight whose failure was just told, and what its outside shows about it. Monotonic ms. */
export interface FailedFlight {
  readonly service: Service
  /** What is known of its kind of token. Its setback is still the former one. */
  readonly ledger: Ledger
  readonly error: TokenClientError
  /** When its event came. */
  readonly at: number
  /** When the request of its last attempt left; undefined if nobody saw that. */
  readonly sentAt: number | undefined
  /** The failure counts from this moment. */
  readonly failedAt: number
}
