import type { Clock } from '../../clock.ts'
import type { KeySet } from './key-set.ts'

const rememberedFor = 30_000
const mostRemembered = 1000
/** So often the issuer is asked for unknown keys in a row, and then once in the time that one is remembered. */
const mostQuestions = 2

/** Names of keys that the issuer was asked for and does not have: a token with one is refused without asking again. */
export interface UnknownKids {
  has(kid: string, set: KeySet): boolean
  /** It was not there. */
  add(kid: string, set: KeySet): void
  /** Whether the issuer may be asked now for any of them. Counts as asked. */
  mayAsk(): boolean
}

/** For half a minute, or until the keys change; a thousand names at most, whatever attackers make up. */
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
