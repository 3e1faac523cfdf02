import { orUnavailable, type UndatedDraft } from '../client-authentication/authenticated-request.ts'
import type { CurrentProver } from '../client-authentication/current-prover.ts'
import { TokenClientError } from '../errors.ts'
import { proofRefusal, readChallenges } from '../http/challenge.ts'
import type { Answer } from '../http/exchange.ts'
import type { ServerClock } from '../http/server-clock.ts'
import type { ProofRefusal, ProvenCall } from '../token/prover.ts'

/** The proofs of one token request and its repeats (RFC 9449 §5). Rejects with `ERR_SECRET_UNAVAILABLE` if there is no key. */
export async function beginProof(
  draft: UndatedDraft,
  prover: CurrentProver,
  serverTime: ServerClock
): Promise<ProvenCall> {
  const { deadline, tokenEndpoint, warn } = draft
  deadline.awaits('the DPoP key', 'ERR_SECRET_UNAVAILABLE')
  const current = await orUnavailable('The DPoP key', () => prover(warn, deadline, serverTime))
  return current.begin(new URL(tokenEndpoint).origin, 'token-endpoint')
}

/** Writes a fresh proof into the request. */
export async function writeProof({ headers, deadline, tokenEndpoint }: UndatedDraft, call: ProvenCall) {
  const { origin, pathname } = new URL(tokenEndpoint)
  deadline.awaits('the signature of the DPoP key', 'ERR_SECRET_UNAVAILABLE')
  headers.dpop = await orUnavailable('The DPoP key', () => call.proof({ method: 'POST', url: origin + pathname }))
  deadline.signal.throwIfAborted()
}

/** What a refused token request says of its proof: in its body, or as some servers have it in a challenge. */
export function proofRefusalIn(error: unknown, { headers }: Pick<Answer, 'headers'>): ProofRefusal {
  const word = error instanceof TokenClientError ? error.oauthError : undefined
  return proofRefusal(readChallenges(headers['www-authenticate']), word)
}
