import type { Clock } from '../../clock.ts'

const rememberedFor = 5 * 60_000
const mostRemembered = 1000

/** Names of keys that the issuer was asked for and does not have: a token with one is refused without asking again. */
export interface UnknownKids {
  has(kid: string, generation: number): boolean
  add(kid: string, generation: number): void
}

/** For five minutes, or until the keys change; a thousand at most, whatever attackers make up. */
export function unknownKids(clock: Clock): UnknownKids {
  const forgottenAt = new Map<string, number>()
  let known = 0

  function of(generation: number): Map<string, number> {
    if (generation !== known) forgottenAt.clear()
    known = generation
    return forgottenAt
  }

  return {
    has: (kid, generation) => clock.monotonicTime() < (of(generation).get(kid) ?? Number.NEGATIVE_INFINITY),
    add(kid, generation) {
      const kids = of(generation)
      const [oldest] = kids.keys()
      if (kids.size >= mostRemembered && oldest !== undefined) kids.delete(oldest)
      kids.set(kid, clock.monotonicTime() + rememberedFor)
    }
  }
}
