/** What a store keeps under a name. `data` is encrypted, so the store learns nothing about the token. */
export interface StoredRecord {
  /** A whole number. A record replaces only one of a lower version. */
  readonly version: number
  readonly data: string
}

/** Who asks for the lease, for how long, and which message it leaves for the others. */
export interface LeaseRequest {
  /** Unique for each instance. */
  readonly holder: string
  /** Milliseconds until the lease ends by itself. */
  readonly life: number
  /** An encrypted message for every instance that finds the lease held. */
  readonly word?: string
}

export type Lease = { readonly state: 'acquired' } | { readonly state: 'held'; readonly word?: string | undefined }

/**
 * Where tokens are stored between processes. It has only five methods, so that you can write one for any engine, and `tokenStoreContract` of
 * `service-token-client/testing` checks your implementation. Every method rejects if the engine does not answer or refuses,
 * because a store that is down must not look like a lease that is held.
 */
export interface TokenStore {
  /** The record under that name, or undefined if there is none or it has expired. */
  read(name: string): Promise<StoredRecord | undefined>
  /**
   * Stores the record for `life` ms, unless there is a record of the same or a higher version. Resolves with whether it was stored.
   * The comparison and the write must be one atomic step.
   */
  write(name: string, record: StoredRecord, life: number): Promise<boolean>
  /** Removes the record if it is still this one. */
  remove(name: string, record: StoredRecord): Promise<void>
  /** Acquires the lease if nobody has it, or renews it, including the message, for the holder that has it. */
  lease(name: string, request: LeaseRequest): Promise<Lease>
  /** Ends the lease if this holder has it. */
  release(name: string, holder: string): Promise<void>
}
