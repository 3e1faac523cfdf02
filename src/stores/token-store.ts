/** What a store keeps under a name. `data` is sealed: the store learns nothing of the token. */
export interface StoredRecord {
  /** A whole number. A record replaces only one of a lower version. */
  readonly version: number
  readonly data: string
}

/** Who asks for the lease, for how long, and what it leaves for the others to read. */
export interface LeaseRequest {
  /** Unique for each instance. */
  readonly holder: string
  /** Milliseconds until the lease ends by itself. */
  readonly life: number
  /** Sealed; given to everybody who finds the lease held. */
  readonly word?: string
}

export type Lease = { readonly state: 'acquired' } | { readonly state: 'held'; readonly word?: string | undefined }

/**
 * Where tokens rest between processes. Five verbs over names, small enough to write for any engine; `tokenStoreContract` of
 * `service-token-client/testing` checks an implementation. Every verb rejects when the engine does not answer or refuses:
 * a store that is down must not look like a holder that is busy.
 */
export interface TokenStore {
  /** The record under that name; undefined when there is none or its life has ended. */
  read(name: string): Promise<StoredRecord | undefined>
  /**
   * Keeps the record for `life` ms, unless a record of the same or a higher version is there. Answers whether it was kept.
   * The comparison and the write are one atomic step.
   */
  write(name: string, record: StoredRecord, life: number): Promise<boolean>
  /** Removes the record if it is still this one. */
  remove(name: string, record: StoredRecord): Promise<void>
  /** Acquires the lease when nobody has it, or renews it, word included, for the holder that has it. */
  lease(name: string, request: LeaseRequest): Promise<Lease>
  /** Ends the lease if this holder has it. */
  release(name: string, holder: string): Promise<void>
}
