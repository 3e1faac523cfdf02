/** How long one caller waits. The work that it waits for continues without it. */
export interface Patience {
  /** Aborting it rejects this caller with the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /** How many milliseconds the caller waits in total. */
  readonly maxWait?: number | undefined
}
