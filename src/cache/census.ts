import type { Entry, TokenState } from './entry.ts'
import type { Failure } from './failure.ts'
import { type ClientState, isHeldOrWanted, stateOf } from './health.ts'
import type { Now } from './now.ts'

/** How many keys are in which state, kept up to date as they change: a probe that asks for nothing else costs nothing. */
export interface Census {
  readonly state: ClientState
  /** Something has happened to the key, or may have. Answers with its state: undefined when nothing is held or wanted. */
  count(entry: Entry, failure: Failure | undefined, moment: Now): TokenState | undefined
  forget(entry: Entry): void
}

const fromWorst: readonly TokenState[] = ['stale', 'fresh', 'warming', 'failed']

export function census(): Census {
  return new Counts()
}

class Counts implements Census {
  readonly #counts: Record<TokenState, number> = { warming: 0, fresh: 0, stale: 0, failed: 0 }

  /** A key without a token, late or refused, does not take a service out that has others which work. */
  get state(): ClientState {
    return fromWorst.find((state) => this.#counts[state] > 0) ?? 'idle'
  }

  count(entry: Entry, failure: Failure | undefined, moment: Now): TokenState | undefined {
    const state = isHeldOrWanted(entry, failure) ? stateOf(entry, failure, moment) : undefined
    this.#countAs(entry, state)
    return state
  }

  forget(entry: Entry): void {
    this.#countAs(entry, undefined)
  }

  #countAs(entry: Entry, state: TokenState | undefined): void {
    if (entry.counted === state) return
    if (entry.counted !== undefined) this.#counts[entry.counted] -= 1
    if (state !== undefined) this.#counts[state] += 1
    entry.counted = state
  }
}
