/** How long one caller is ready to wait. What it waited for goes on without it. */
export interface Patience {
  /** This caller leaves; it is rejected with the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds in all. */
  readonly maxWait?: number | undefined
}
