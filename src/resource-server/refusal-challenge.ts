import { type ChallengeError, writeBearerChallenge, writeDpopChallenge } from '../http/challenge.ts'

/** The parts that are the same in every challenge of a service. */
export interface ChallengeOptions {
  readonly realm: string
  readonly resourceMetadata: string | undefined
  /** Undefined if the service does not accept DPoP. */
  readonly dpop?: { readonly required: boolean; readonly algorithms: readonly string[] } | undefined
}

/** The parts that depend on the refusal. */
export interface ToldRefusal {
  readonly error: ChallengeError | undefined
  readonly scope: readonly string[]
  /** Whether the request used the scheme `DPoP`. */
  readonly cameByDpop: boolean
}

/**
 * Returns the value of `WWW-Authenticate`. It has a challenge for each scheme that the service accepts (RFC 9449 §7.2). The error is in the challenge
 * for the scheme that the request used.
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
