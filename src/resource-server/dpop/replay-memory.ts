import { hash } from 'node:crypto'
import type { Clock, Timer } from '../../clock.ts'

/** Remembers which proofs have been used. */
export interface ReplayMemory {
  /**
   * Marks a proof as used and returns `true` if it was new. `until` is the time (epoch ms) from which the proof is no longer valid. It must always
   * be the same for the same `id`.
   */
  use(id: string, until: number): boolean
  /** Removes everything. */
  close(): void
}

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
export function replayMemory(clock: Clock, lifetime: number, most = mostProofs): ReplayMemory {
  /** The proofs that expire in the same slice of time, by the number of the slice. */
  const used = new Map<number, Set<string>>()
  const length = Math.ceil(lifetime / slices)
  let size = 0
  /** The times whose proofs were forgotten, the earliest first. */
  const forgotten: Span[] = []
  let sweep: Timer | undefined

  function forget(slice: number): void {
    size -= used.get(slice)?.size ?? 0
    used.delete(slice)
    const span = forgotten.find(([first, last]) => slice >= first && slice <= last + slices)
    if (span !== undefined) span[1] = Math.max(span[1], slice)
    else addSpan([slice, slice])
  }

  /** If there are too many spans, the two earliest become one that includes the time between them. Nobody makes proofs for that time any more. */
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
