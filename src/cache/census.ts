import type { Failure } from '../endpoint-health/failure.ts'
import type { Entry, TokenState } from './entry.ts'
import { type ClientState, isHeldOrWanted, stateOf } from './health.ts'
import type { Now } from './now.ts'

/** A client has the first of these states that one of its keys has. */
const precedence: readonly TokenState[] = ['stale', 'fresh', 'warming', 'failed']

/** Counts how many keys are in which state. It is updated with each change, so a probe that needs only the state costs nothing. */
export class Census {
  readonly #counts: Record<TokenState, number> = { warming: 0, fresh: 0, stale: 0, failed: 0 }

  /** A key without a token, late or refused, does not make a service unready that has other tokens. */
  get state(): ClientState {
    return precedence.find((state) => this.#counts[state] > 0) ?? 'idle'
  }

  /** Called when something may have happened to the key. Returns its state, or undefined if the key has no token and needs none. */
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
