import type { JWK } from 'jose'

/** Fetched keys as plain JSON, to be kept in a file or a store for a start while the issuer is away. */
export interface SavedKeys {
  readonly issuer: string | undefined
  /** Epoch ms. */
  readonly fetchedAt: number
  readonly keys: readonly JWK[]
}
