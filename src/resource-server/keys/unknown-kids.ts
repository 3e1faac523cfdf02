import type { Clock } from '../../clock.ts'
import type { KeySet } from './key-set.ts'

const rememberedFor = 30_000
const mostRemembered = 1000
/** How often in a row the issuer is asked for unknown keys. After that it is asked once in each `rememberedFor`. */
const mostQuestions = 2

/** The `kid` values that the issuer does not have. A token with one of them is refused without asking again. */
export interface UnknownKids {
  has(kid: string, set: KeySet): boolean
  /** Remembers that the issuer does not have this `kid`. */
  add(kid: string, set: KeySet): void
  /** Whether the issuer may be asked now. Each `true` counts as one request. */
  mayAsk(): boolean
}

/** Remembers each `kid` for half a minute or until the keys change. It remembers at most a thousand, because attackers can make them up. */
export function unknownKids(clock: Clock): UnknownKids {
  const forgottenAt = new Map<string, number>()
  let known: KeySet | undefined
  let questions = mostQuestions
  let countedAt = clock.monotonicTime()

  function of(set: KeySet): Map<string, number> {
    if (set !== known) forgottenAt.clear()
    known = set
    return forgottenAt
  }

  return {
    has: (kid, set) => clock.monotonicTime() < (of(set).get(kid) ?? Number.NEGATIVE_INFINITY),
    add(kid, set) {
      const kids = of(set)
      const [oldest] = kids.keys()
      if (kids.size >= mostRemembered && oldest !== undefined) kids.delete(oldest)
      kids.set(kid, clock.monotonicTime() + rememberedFor)
    },
    mayAsk() {
      const now = clock.monotonicTime()
      questions = Math.min(mostQuestions, questions + (now - countedAt) / rememberedFor)
      countedAt = now
      if (questions < 1) return false
      questions -= 1
      return true
    }
  }
}
