import { hash } from 'node:crypto'
import type { Clock, Timer } from '../../clock.ts'

/** Each proof needs about 100 bytes, so all of them need 25 MiB. */
const mostProofs = 250_000
const slices = 32
const mostSpans = 16

/** The first and the last of some slices. */
type Span = [first: number, last: number]

/**
 * Remembers the hashes of used proofs until they expire, up to a limit. If there are too many, those that expire first are forgotten. From then on
 * all proofs that expire at the same times are refused. So no proof can be used twice, and a new proof is still accepted, even if the clock was
 * ahead before.
 */
export class ReplayMemory {
  readonly #clock: Clock
  readonly #most: number
  /** Milliseconds of one slice of time. */
  readonly #slice: number
  /** The proofs that expire in the same slice of time, by the number of the slice. */
  readonly #used = new Map<number, Set<string>>()
  /** The times whose proofs were forgotten, the earliest first. */
  readonly #forgotten: Span[] = []
  #size = 0
  #sweep: Timer | undefined

  constructor(clock: Clock, lifetime: number, most = mostProofs) {
    this.#clock = clock
    this.#most = most
    this.#slice = Math.ceil(lifetime / slices)
  }

  /**
   * Marks a proof as used and returns `true` if it was new. `until` is the time (epoch ms) from which the proof is no longer valid. It must always
   * be the same for the same `id`.
   */
  use(id: string, until: number): boolean {
    const slice = Math.floor(until / this.#slice)
    if (this.#forgotten.some(([first, last]) => slice >= first && slice <= last)) return false
    const digests = this.#used.get(slice) ?? new Set()
    const digest = hash('sha256', id, 'base64url')
    if (digests.has(digest)) return false
    this.#used.set(slice, digests.add(digest))
    this.#size++
    while (this.#size > this.#most) this.#forget(Math.min(...this.#used.keys()))
    this.#sweep ??= this.#sweepLater()
    return true
  }

  /** Removes everything. */
  close(): void {
    this.#sweep?.cancel()
    this.#sweep = undefined
    this.#used.clear()
    this.#size = 0
  }

  #forget(slice: number): void {
    this.#size -= this.#used.get(slice)?.size ?? 0
    this.#used.delete(slice)
    const span = this.#forgotten.find(([first, last]) => slice >= first && slice <= last + slices)
    if (span !== undefined) span[1] = Math.max(span[1], slice)
    else this.#addSpan([slice, slice])
  }

  /** If there are too many spans, the two earliest become one that includes the time between them. Nobody makes proofs for that time any more. */
  #addSpan(span: Span): void {
    const spans = this.#forgotten
    spans.push(span)
    spans.sort(([one], [other]) => one - other)
    if (spans.length <= mostSpans) return
    const [[first, firstLast], [, last]] = spans.splice(0, 2) as [Span, Span]
    spans.unshift([first, Math.max(firstLast, last)])
  }

  #sweepLater(): Timer {
    return this.#clock.startTimer(() => this.#dropExpired(), this.#slice)
  }

  /** Expired entries are dropped, even if no more requests arrive. */
  #dropExpired(): void {
    const now = this.#clock.wallTime()
    for (const slice of this.#used.keys()) if ((slice + 1) * this.#slice <= now) this.#forget(slice)
    this.#sweep = this.#used.size === 0 ? undefined : this.#sweepLater()
  }
}
