import type { AccessToken } from '../token/access-token.ts'
import type { BegunPatience } from '../waiting/patience.ts'
import type { Spending } from './bearer-request.ts'
import type { HeaderFields } from './header-fields.ts'
import { type Presenting, present } from './present.ts'
import type { Route } from './routes.ts'

/** A request to which the rule of a policy adds a token. */
export interface RoutedRequest extends Presenting {
  readonly route: Route
  /** Its header fields in a copy of ours, to which those of the token are added. */
  readonly fields?: HeaderFields
}

/** A token, and the header fields of a request that shows it. */
export interface ShownToken {
  readonly token: AccessToken
  readonly fields: HeaderFields
}

/** Asks the source for a token and shows it. It is a promise if the token or the signature of its proof has to be waited for. */
export function firstShown(
  { source }: Spending,
  request: RoutedRequest,
  patience: BegunPatience
): ShownToken | Promise<ShownToken> {
  const { route } = request
  const token = source.token(route.request, { ...patience, origin: route.origin })
  const showReady = (ready: AccessToken) => show(ready, request, patience)
  return token instanceof Promise ? token.then(showReady) : showReady(token)
}

function show(token: AccessToken, request: RoutedRequest, patience: BegunPatience): ShownToken | Promise<ShownToken> {
  const fields = present(token, request, patience, request.fields)
  return fields instanceof Promise ? fields.then((signed) => ({ token, fields: signed })) : { token, fields }
}

/** Waits for something that the request needs, but not longer than until its body fails. */
export async function unlessBodyFails<T>(
  awaited: Promise<T>,
  watchBody: (failed: (error: Error) => void) => () => void
): Promise<T> {
  let stopWatching = () => {}
  const failed = new Promise<never>((_, reject) => {
    stopWatching = watchBody(reject)
  })
  return Promise.race([awaited, failed]).finally(stopWatching)
}
