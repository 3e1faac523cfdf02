import type { TokenRequestDraft } from '../client-authentication/client-authentication.ts'
import type { CurrentProver } from '../client-authentication/current-prover.ts'
import { TokenClientError } from '../errors.ts'
import { readChallenges } from '../http/challenge.ts'
import type { Answer } from '../http/exchange.ts'
import type { ProofRefusal, ProvenCall } from '../token/prover.ts'

/** The proofs of one token request and its repeats (RFC 9449 §5). Rejects with `ERR_SECRET_UNAVAILABLE` if there is no key. */
export async function beginProof(draft: TokenRequestDraft, prover: CurrentProver): Promise<ProvenCall> {
  const { deadline, tokenEndpoint, warn } = draft
  deadline.awaits('the DPoP key', 'ERR_SECRET_UNAVAILABLE')
  const current = await namingTheKey(() => prover(warn, deadline))
  return current.begin(new URL(tokenEndpoint).origin, 'token-endpoint')
}

/** Writes a fresh proof into the request. */
export async function writeProof({ headers, deadline, tokenEndpoint }: TokenRequestDraft, call: ProvenCall) {
  const { origin, pathname } = new URL(tokenEndpoint)
  deadline.awaits('the signature of the DPoP key', 'ERR_SECRET_UNAVAILABLE')
  headers.dpop = await namingTheKey(() => call.proof({ method: 'POST', url: origin + pathname }))
  deadline.signal.throwIfAborted()
}

async function namingTheKey<Result>(work: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof TokenClientError) throw cause
    const message = 'The DPoP key is not available. Check where it comes from.'
    throw new TokenClientError('ERR_SECRET_UNAVAILABLE', message, { transient: true, cause })
  }
}

/** What a refused token request says of its proof: in its body, or as some servers have it in a challenge. */
export function proofRefusalIn(error: unknown, { headers }: Pick<Answer, 'headers'>): ProofRefusal {
  const word = error instanceof TokenClientError ? error.oauthError : undefined
  const challenges = readChallenges(headers['www-authenticate'])
  const says = (code: string) => word === code || challenges.some(({ parameters }) => parameters.get('error') === code)
  if (says('use_dpop_nonce')) return 'nonce'
  return says('invalid_dpop_proof') ? 'proof' : undefined
}
