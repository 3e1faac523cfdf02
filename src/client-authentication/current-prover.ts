import type { KeyObject } from 'node:crypto'
import type { Clock } from '../clock.ts'
import type { ServerClock } from '../http/server-clock.ts'
import type { Prover } from '../token/prover.ts'
import type { Deadline } from '../waiting/deadline.ts'
import type { Ending } from '../waiting/ending.ts'
import type { Warn } from './client-authentication.ts'
import type { CredentialSource } from './credential-source.ts'
import type { DpopKey } from './dpop-key.ts'
import { dpopProver } from './dpop-prover.ts'
import { type ProofMemory, proofMemory } from './proof-memory.ts'

export interface ProverOptions {
  readonly source: CredentialSource<DpopKey>
  readonly clock: Clock
  /** How many milliseconds a signature may take if the key is outside this process. */
  readonly timeout: number
  /** Aborted when the client closes. */
  readonly closing: Ending
}

/** The prover of the current key. It is the same object as long as the key is the same. `serverTime` is the clock of the authorization server. */
export type CurrentProver = (warn: Warn, deadline: Deadline, serverTime: ServerClock) => Promise<Prover>

/**
 * Milliseconds between two changes of the key. A function that creates another key each time would otherwise never come to rest: when one
 * token is bound to a new key, all others are replaced.
 */
const gapBetweenChanges = 600_000

export function currentProver({ source, ...options }: ProverOptions): CurrentProver {
  let memory: ProofMemory | undefined
  let current: { readonly prover: Prover; readonly publicKey: KeyObject } | undefined
  let notBefore = Number.NEGATIVE_INFINITY

  return async (warn, deadline, serverTime) => {
    const key = await source.read(warn, deadline)
    const moment = options.clock.monotonicTime()
    if (current !== undefined && (current.publicKey.equals(key.publicKey) || moment < notBefore)) return current.prover
    if (current !== undefined) notBefore = moment + gapBetweenChanges
    memory ??= proofMemory(options.clock, serverTime)
    current = { prover: dpopProver({ ...options, key, memory }), publicKey: key.publicKey }
    return current.prover
  }
}
