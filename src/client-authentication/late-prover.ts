import { late } from '../late.ts'
import type { CurrentProver, ProverOptions } from './current-prover.ts'

/** The code that makes proofs. A client without DPoP never loads it. */
export const proverCode = late(() => import('./current-prover.ts'))

/** The current prover. Its code starts to load at once. */
export function lateProver(options: ProverOptions): CurrentProver {
  let current: CurrentProver | undefined
  proverCode.load().catch(() => {}) // told to whoever asks for a token
  return async (warn, deadline) => {
    current ??= (await proverCode.load()).currentProver(options)
    return current(warn, deadline)
  }
}
