import type { AccessToken } from '../token/access-token.ts'
import type { Patience } from '../waiting/patience.ts'
import type { Answer } from './answer.ts'
import type { Spending } from './bearer-request.ts'
import { betterToken } from './better-token.ts'
import type { Presenting } from './present.ts'
import { readRejection, reportRejection } from './rejection.ts'
import type { Route } from './routes.ts'

/** What an answer asks for: another token, or another proof with the same token. */
export type Wanted = 'token' | 'proof' | undefined

interface SentWithToken {
  readonly route: Route
  readonly proven?: Presenting['proven'] | undefined
  readonly hasNewToken?: boolean | undefined
}

/** The sender of the request. */
interface Repeatable {
  /** Whether the same request could be sent once more. */
  canBeRepeated(): boolean
}

/**
 * Reads what an answer says about the token and its proof, and reports a refused token to the listeners. If a server demands
 * another nonce, that is not a refusal. Returns `'proof'` only if the request can be repeated and a repeat makes sense, and `'token'` only
 * for the first refused token of a request.
 */
export function wantedBy(
  { emit }: Spending,
  { route, proven, hasNewToken = false }: SentWithToken,
  token: AccessToken,
  answer: Answer,
  request: Repeatable
): Wanted {
  const rejection = readRejection(answer, route.rejectedWhen, token.type)
  if (proven !== undefined && answer.status >= 200) {
    const { ofProof } = rejection ?? {}
    if (proven.learn(answer.headers, ofProof, ofProof !== undefined && request.canBeRepeated())) return 'proof'
    if (ofProof === 'nonce' && rejection?.asksForAnotherToken !== true) return undefined
  }
  if (rejection !== undefined) reportRejection(emit, route, token, answer.status, rejection)
  return rejection?.asksForAnotherToken === true && !hasNewToken ? 'token' : undefined
}

/**
 * A token to replace a refused one, or undefined if there is none and the refusal is final. The token is always requested,
 * because the next call needs it. A caller that cannot use it does not have to wait.
 */
export async function tokenInPlaceOf(
  refused: AccessToken,
  { source }: Spending,
  route: Route,
  patience: Patience
): Promise<AccessToken | undefined> {
  const asking = { ...patience, maxWait: route.maxWait, origin: route.origin, rejected: refused }
  try {
    return betterToken(await source.token(route.request, asking), refused)
  } catch {
    return undefined // its failure is the source's to tell
  }
}
