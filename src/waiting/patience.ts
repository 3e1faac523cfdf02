/** How long one caller waits. The work that it waits for continues without it. */
export interface Patience {
  /** Aborting it rejects this caller with the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /** How many milliseconds the caller waits in total. */
  readonly maxWait?: number | undefined
}

/** The patience of a caller that waits for several things, one after the other. `maxWait` is for all of them together. */
export interface BegunPatience extends Patience {
  /** The monotonic moment at which it began to wait. Undefined if it has not waited for anything yet. */
  readonly waitsSince?: number | undefined
}
