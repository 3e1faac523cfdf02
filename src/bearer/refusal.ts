import type { AccessToken } from '../token/access-token.ts'
import type { Patience } from '../waiting/patience.ts'
import type { Answer } from './answer.ts'
import type { Spending } from './bearer-request.ts'
import { betterToken } from './better-token.ts'
import { readRejection, reportRejection } from './rejection.ts'
import type { Route } from './routes.ts'

/** Tells the listeners of a refused token. True when another one can help. */
export function isRefusal({ emit }: Spending, route: Route, token: AccessToken, answer: Answer): boolean {
  const rejection = readRejection(answer, route.rejectedWhen)
  if (rejection !== undefined) reportRejection(emit, route, token, answer.status, rejection)
  return rejection?.asksForAnotherToken === true
}

/**
 * A token in place of a refused one; undefined when there is none, because the refusal stands. It is asked for in any case,
 * for the next call; who cannot use it need not wait.
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
