import { discardBody } from '../http/discard-body.ts'
import { uncached } from '../http/uncached.ts'
import type { AccessToken } from '../token/access-token.ts'
import type { Spending } from './bearer-request.ts'
import type { Fetch, FetchInit, RedirectMode } from './fetch-body.ts'
import type { FetchRequest } from './fetch-request.ts'
import { foreignHost, isOwnHost } from './own-host.ts'
import { hasQueryToken, tokenInQuery } from './query-token.ts'
import { type Rejection, readRejection, reportRejection } from './rejection.ts'
import type { Route } from './routes.ts'

/** One request of a chain of redirects. */
export interface Hop {
  readonly fetch: Fetch
  readonly request: FetchRequest
  readonly redirect: RedirectMode
}

/** The same with the rule that gives it a token. */
interface RoutedHop extends Hop {
  readonly route: Route
}

/** Sends one hop without a token. */
export function sendBare(hop: Hop): Promise<Response> {
  return send(hop, hop.request.body.first)
}

/** Sends one hop with a token; when that is refused, once more with another one, if there is one and the body can be sent again. */
export async function sendWithToken(spending: Spending, hop: RoutedHop): Promise<Response> {
  const { request, route } = hop
  const host = request.headers.get('host')
  if (host !== null && !isOwnHost(host, route.origin)) throw foreignHost(route.origin)
  if (hasQueryToken(request.url.search)) throw tokenInQuery()
  const sent = await spending.source.token(route.request, askingOf(hop))
  const response = await send(hop, request.body.first, sent)
  const rejection = readAnswer(spending, hop, sent, response)
  const second = rejection?.asksForAnotherToken ? await secondAttempt(spending, hop, sent) : undefined
  if (second === undefined) return response
  void discardBody(response)
  const last = await send(pastCaches(hop), second.body, second.token)
  readAnswer(spending, hop, second.token, last)
  return last
}

function askingOf({ request, route }: RoutedHop) {
  return { signal: request.options.signal ?? undefined, maxWait: route.maxWait, origin: route.origin }
}

/** Undefined when the refused answer is what the caller gets: no other token, or a body that cannot be sent again. */
async function secondAttempt(
  { source }: Spending,
  hop: RoutedHop,
  rejected: AccessToken
): Promise<{ readonly token: AccessToken; readonly body: FetchInit } | undefined> {
  const { request, route } = hop
  const asking = askingOf(hop)
  const asked = source.token(route.request, { ...asking, rejected })
  const next = Promise.resolve(asked).catch(() => rejected) // its failure is the source's to tell
  const body = await request.body.again()
  if (body === undefined) return undefined
  const token = await next
  asking.signal?.throwIfAborted()
  return token.serial === rejected.serial ? undefined : { token, body }
}

/** A base fetch that caches could give the refused answer once more. */
function pastCaches(hop: RoutedHop): RoutedHop {
  const { fetch, request } = hop
  if (request.method !== 'GET' && request.method !== 'HEAD') return hop
  return { ...hop, fetch: (input, init = {}) => uncached(fetch, input, init) }
}

function send({ fetch, request, redirect }: Hop, body: FetchInit, token?: AccessToken): Promise<Response> {
  const { url, method, options, source } = request
  const headers = [...request.headers]
  if (token !== undefined) headers.push(['authorization', token.authorization])
  return fetch(source ?? url.href, { ...options, ...body, method, headers, redirect })
}

/** What the answer says about our token. A base fetch that followed a redirect by itself brings one from elsewhere. */
function readAnswer(
  { emit }: Spending,
  { request, route }: RoutedHop,
  token: AccessToken,
  response: Response
): Rejection | undefined {
  if (!isAnswerTo(request, response)) return undefined
  const rejection = readRejection(response.status, response.headers.get('www-authenticate'))
  if (rejection !== undefined) reportRejection(emit, route, token, response.status, rejection)
  return rejection
}

/** Whether nobody followed a redirect on the way. A `fetch` of a test may leave the URL out. */
export function isAnswerTo({ url }: FetchRequest, { url: answered, redirected }: Response): boolean {
  if (redirected) return false
  if (answered === url.href) return true
  return !URL.canParse(answered) || withoutFragment(new URL(answered)) === withoutFragment(url)
}

function withoutFragment({ href, hash }: URL): string {
  return hash === '' ? href.replace(/#$/, '') : href.slice(0, -hash.length)
}
