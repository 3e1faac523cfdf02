import { late, lateMade } from '../late.ts'
import type { CurrentProver, ProverOptions } from './current-prover.ts'

/** The code that makes proofs. A client without DPoP never loads it. */
export const proverCode = late(() => import('./current-prover.ts'))

/** The current prover. Its code starts to load at once. */
export function lateProver(options: ProverOptions): CurrentProver {
  const current = lateMade(proverCode, ({ currentProver }) => currentProver(options))
  return async (...given) => (await current())(...given)
}
