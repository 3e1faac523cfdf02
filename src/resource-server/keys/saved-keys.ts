import type { JWK } from 'jose'

/** Fetched keys as plain JSON. Save them in a file or a store, so that the service can start while the issuer is down. */
export interface SavedKeys {
  readonly issuer: string | undefined
  /** Epoch ms. */
  readonly fetchedAt: number
  readonly keys: readonly JWK[]
}
