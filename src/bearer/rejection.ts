import type { Rejected } from '../events.ts'
import { proofRefusal, readChallenges } from '../http/challenge.ts'
import type { AccessToken } from '../token/access-token.ts'
import { foreignList, foreignText } from '../token/foreign-text.ts'
import type { ProofRefusal } from '../token/prover.ts'
import { isScopeToken, splitScope } from '../token/scope.ts'
import type { Answer, RejectedWhen } from './answer.ts'
import type { Route } from './routes.ts'

/** What the answer of a resource server says about the token of the request (RFC 6750 §3). */
export interface Rejection {
  /** Another token can help. */
  readonly asksForAnotherToken: boolean
  /** The answer does not refuse the token but its proof (RFC 9449 §7.1, §9). */
  readonly ofProof?: ProofRefusal
  readonly error?: string | undefined
  readonly neededScope?: readonly string[] | undefined
}

/**
 * Undefined when the answer refuses no token. A 401 asks for another one when its challenge is for the token's type, for `Bearer` or names no
 * scheme, or when there is none; `invalid_token` does under any scheme, with a 403 too. For answers beyond that there is the policy's `rejectedWhen`.
 * Some servers refuse a proof with a 400, so for a DPoP token a 400 is read too, but only for what it says about the proof.
 * 407 is the proxy's, and about other credentials (RFC 9110 §15.5.8).
 */
export function readRejection(
  answer: Answer,
  rejectedWhen?: RejectedWhen | undefined,
  type: AccessToken['type'] = 'Bearer'
): Rejection | undefined {
  const { status } = answer
  const said = mayRefuse(answer, type) ? readChallenge(answer, type) : undefined
  if (said?.asksForAnotherToken || status < 200 || rejectedWhen?.(status, answer.headers) !== true) return said
  return { ...said, asksForAnotherToken: true }
}

/** Whether it is worth reading what an answer with this status says. */
export function mayRefuse({ status }: Pick<Answer, 'status'>, type: AccessToken['type']): boolean {
  return status === 401 || status === 403 || (status === 400 && type === 'DPoP')
}

function readChallenge({ status, headers }: Answer, type: AccessToken['type']): Rejection | undefined {
  const challenges = readChallenges(headers['www-authenticate'])
  const bearer = challenges.find(({ scheme }) => scheme === 'bearer' || scheme === '')
  const dpop = type === 'DPoP' ? challenges.find(({ scheme }) => scheme === 'dpop') : undefined
  const ours = dpop ?? bearer
  const error = ours?.parameters.get('error')
  const ofProof = type === 'DPoP' ? proofRefusal(challenges) : undefined
  if (ofProof !== undefined)
    return { asksForAnotherToken: false, ofProof, error: ofProof === 'nonce' ? 'use_dpop_nonce' : 'invalid_dpop_proof' }
  if (status === 400) return undefined
  if (error === 'insufficient_scope') {
    const neededScope = splitScope(ours?.parameters.get('scope') ?? '').filter(isScopeToken)
    return { asksForAnotherToken: false, error, neededScope }
  }
  if (challenges.some(({ parameters }) => parameters.get('error')?.toLowerCase() === 'invalid_token'))
    return { asksForAnotherToken: true, error: 'invalid_token' }
  const isOurs = ours !== undefined || challenges.length === 0
  return { asksForAnotherToken: status === 401 && isOurs, error: word(error) }
}

/** The refusal of one call. */
export type EmitRejected = (name: 'rejected', event: Omit<Rejected, 'count'>) => void

/** Reports to the listeners who refused which token, and why. */
export function reportRejection(
  emit: EmitRejected,
  { origin, request, usage }: Route,
  token: AccessToken,
  status: number,
  { error, neededScope }: Rejection
): void {
  const { scope, audience, resource } = request
  const hidden = [token.value]
  if (usage !== undefined) usage.refused += 1
  emit('rejected', {
    serial: token.serial,
    origin,
    status,
    error: error && foreignText(error, hidden),
    neededScope: neededScope && foreignList(neededScope, hidden),
    scope,
    audience,
    resource
  })
}

/** Error codes are lower-case words. Anything else does not belong in logs. */
function word(error: string | undefined): string | undefined {
  return error !== undefined && /^[a-z_]{1,64}$/.test(error) ? error : undefined
}
