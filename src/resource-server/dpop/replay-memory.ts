import { hash } from 'node:crypto'
import type { Clock, Timer } from '../../clock.ts'

/** Which proofs have been used. */
export interface ReplayMemory {
  /**
   * Uses a proof: `true` when it was new. The same `id` must always come with the same `until`, the moment (epoch ms) from which on the proof
   * does not count any more.
   */
  use(id: string, until: number): boolean
  /** Forgets all. */
  close(): void
}

/** Each takes about 100 bytes, so all of them 25 MiB. */
const mostProofs = 250_000
const slices = 32
const mostSpans = 16

/** The first and the last of some slices. */
type Span = [first: number, last: number]

/**
 * Remembers used proofs by their hash until they end, and a bounded number of them. When there are too many, those that end first are
 * forgotten. From then on no proof counts that ends at such a time: nothing can be used twice, and a proof that was just made still counts, even
 * if the clock was ahead before.
 */
export function replayMemory(clock: Clock, lifetime: number, most = mostProofs): ReplayMemory {
  /** Proofs that end in the same slice of time, by the number of the slice. */
  const used = new Map<number, Set<string>>()
  const length = Math.ceil(lifetime / slices)
  let size = 0
  /** The earliest first. */
  const forgotten: Span[] = []
  let sweep: Timer | undefined

  function forget(slice: number): void {
    size -= used.get(slice)?.size ?? 0
    used.delete(slice)
    const span = forgotten.find(([first, last]) => slice >= first && slice <= last + slices)
    if (span !== undefined) span[1] = Math.max(span[1], slice)
    else addSpan([slice, slice])
  }

  /** The two earliest of too many become one, with the time between them: nobody makes proofs of then any more. */
  function addSpan(span: Span): void {
    forgotten.push(span)
    forgotten.sort(([one], [other]) => one - other)
    if (forgotten.length <= mostSpans) return
    const [[first, firstLast], [, last]] = forgotten.splice(0, 2) as [Span, Span]
    forgotten.unshift([first, Math.max(firstLast, last)])
  }

  /** Expired entries are dropped, even if no more requests arrive. */
  function letGo(): void {
    const now = clock.wallTime()
    for (const slice of used.keys()) if ((slice + 1) * length <= now) forget(slice)
    sweep = used.size === 0 ? undefined : clock.startTimer(letGo, length)
  }

  return {
    use(id, until) {
      const slice = Math.floor(until / length)
      if (forgotten.some(([first, last]) => slice >= first && slice <= last)) return false
      const digests = used.get(slice) ?? new Set()
      const digest = hash('sha256', id, 'base64url')
      if (digests.has(digest)) return false
      used.set(slice, digests.add(digest))
      size++
      while (size > most) forget(Math.min(...used.keys()))
      sweep ??= clock.startTimer(letGo, length)
      return true
    },
    close() {
      sweep?.cancel()
      sweep = undefined
      used.clear()
      size = 0
    }
  }
}
