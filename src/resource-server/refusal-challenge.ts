import { type ChallengeError, writeBearerChallenge, writeDpopChallenge } from '../http/challenge.ts'

/** What every challenge of a service says. */
export interface ChallengeOptions {
  readonly realm: string
  readonly resourceMetadata: string | undefined
  /** Undefined where DPoP is not spoken. */
  readonly dpop?: { readonly required: boolean; readonly algorithms: readonly string[] } | undefined
}

/** What one refusal adds. */
export interface ToldRefusal {
  readonly error: ChallengeError | undefined
  readonly scope: readonly string[]
  /** Whether the request came with the scheme `DPoP`. */
  readonly cameByDpop: boolean
}

/**
 * The value of `WWW-Authenticate`: a challenge for each scheme that counts here (RFC 9449 §7.2). What was wrong stands with the scheme that the request
 * came with.
 */
export function challengeFor(
  { dpop, ...options }: ChallengeOptions,
  { cameByDpop, scope, error }: ToldRefusal
): string {
  const told = { ...options, scope, error }
  if (dpop === undefined) return writeBearerChallenge(told)
  if (dpop.required) return writeDpopChallenge({ ...told, ...dpop })
  const byDpop = cameByDpop || error === 'invalid_dpop_proof' || error === 'use_dpop_nonce'
  return [
    writeBearerChallenge(byDpop ? options : told),
    writeDpopChallenge({ ...(byDpop ? told : options), ...dpop })
  ].join(', ')
}
