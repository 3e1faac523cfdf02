/**
 * The end of a client, as those who wait see it: what they need of an AbortSignal. A signal of the platform takes a thousand bytes,
 * and a thousand tenants have a thousand clients.
 */
export class Ending {
  #reason: Error | undefined
  /** Made when somebody first waits. */
  #leaving: Set<() => void> | undefined

  get aborted(): boolean {
    return this.#reason !== undefined
  }

  get reason(): Error | undefined {
    return this.#reason
  }

  throwIfAborted(): void {
    if (this.#reason !== undefined) throw this.#reason
  }

  /** Calls back at the end, until what it returns is called. */
  onAbort(leave: () => void): () => void {
    this.#leaving ??= new Set()
    const leaving = this.#leaving.add(leave)
    return () => {
      leaving.delete(leave)
      if (leaving.size === 0 && this.#leaving === leaving) this.#leaving = undefined
    }
  }

  abort(reason: Error): void {
    if (this.#reason !== undefined) return
    this.#reason = reason
    for (const leave of this.#leaving ?? []) leave()
  }
}
