import { type Clock, longestDelay } from '../clock.ts'
import type { BegunPatience } from '../waiting/patience.ts'
import type { GrpcCallOptions } from './grpc-types.ts'

/** Who waits for a call: until it leaves, and until its deadline. */
export class GrpcCaller {
  readonly #deadline: GrpcCallOptions['deadline']
  readonly #leaving = new AbortController()
  /** The end of the deadline. It is kept here, because Node 20 collects a timeout to which only `AbortSignal.any` refers, and it never fires. */
  #late: AbortSignal | undefined

  constructor({ deadline }: GrpcCallOptions) {
    this.#deadline = deadline
  }

  leave(): void {
    this.#leaving.abort()
  }

  get hasLeft(): boolean {
    return this.#leaving.signal.aborted
  }

  /** Its signal is made only when a token or a signature has to be waited for. */
  patienceFromNow(clock: Clock, maxWait: number | undefined): BegunPatience {
    const signal = () => this.#signal()
    return {
      maxWait,
      waitsSince: clock.monotonicTime(),
      get signal() {
        return signal()
      }
    }
  }

  #signal(): AbortSignal {
    const leaving = this.#leaving.signal
    const left = Number(this.#deadline ?? Number.POSITIVE_INFINITY) - Date.now()
    if (left > longestDelay) return leaving
    this.#late ??= AbortSignal.timeout(Math.max(0, Math.ceil(left)))
    return AbortSignal.any([leaving, this.#late])
  }
}
