import type { Rejected } from '../events.ts'
import { readChallenges } from '../http/challenge.ts'
import type { AccessToken } from '../token/access-token.ts'
import { foreignList, foreignText } from '../token/foreign-text.ts'
import { isScopeToken, splitScope } from '../token/scope.ts'
import type { Route } from './routes.ts'

/** What a resource server's answer says about the token it was sent (RFC 6750 §3). */
export interface Rejection {
  /** Another token can help: a 401 with a challenge for `Bearer`, or with none, that asks for no wider scope. */
  readonly asksForAnotherToken: boolean
  readonly error?: string | undefined
  readonly neededScope?: readonly string[] | undefined
}

/** Undefined when the status refuses no token. 407 is the proxy's, and about other credentials (RFC 9110 §15.5.8). */
export function readRejection(
  status: number,
  wwwAuthenticate: string | readonly string[] | null | undefined
): Rejection | undefined {
  if (status !== 401 && status !== 403) return undefined
  const challenges = readChallenges(wwwAuthenticate)
  const bearer = challenges.find(({ scheme }) => scheme === 'bearer' || scheme === '')
  const error = bearer?.parameters.get('error')
  const ours = bearer !== undefined || challenges.length === 0
  if (error !== 'insufficient_scope') return { asksForAnotherToken: status === 401 && ours, error: word(error) }
  const neededScope = splitScope(bearer?.parameters.get('scope') ?? '').filter(isScopeToken)
  return { asksForAnotherToken: false, error, neededScope }
}

export type EmitRejected = (name: 'rejected', event: Rejected) => void

/** Refusals that are remembered as told. */
const rememberedAtMost = 100

/** Tells each refusal once: a resource server that refuses every call must not flood those who listen. */
export function onceEach(emit: EmitRejected): EmitRejected {
  const told = new Set<string>()
  return (name, event) => {
    const { serial, origin, status, error, neededScope } = event
    const refusal = JSON.stringify([serial, origin, status, error, neededScope])
    if (told.has(refusal)) return
    const [oldest] = told
    if (oldest !== undefined && told.size >= rememberedAtMost) told.delete(oldest)
    told.add(refusal)
    emit(name, event)
  }
}

/** Tells the listeners who refused which token, and why. */
export function reportRejection(
  emit: EmitRejected,
  { origin, request }: Route,
  token: AccessToken,
  status: number,
  { error, neededScope }: Rejection
): void {
  const { scope, audience, resource } = request
  const hidden = [token.value]
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

/** Error codes are lower-case words; whatever else stands there is not for logs. */
function word(error: string | undefined): string | undefined {
  return error !== undefined && /^[a-z_]{1,64}$/.test(error) ? error : undefined
}
