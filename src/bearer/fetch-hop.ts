import { discardBody } from '../http/discard-body.ts'
import { uncached } from '../http/uncached.ts'
import type { AccessToken } from '../token/access-token.ts'
import type { Spending } from './bearer-request.ts'
import type { Fetch, FetchInit, RedirectMode } from './fetch-body.ts'
import type { FetchRequest } from './fetch-request.ts'
import type { HeaderFields } from './header-fields.ts'
import { foreignHost, isOwnHost } from './own-host.ts'
import { type Presenting, present } from './present.ts'
import { hasQueryToken, tokenInQuery } from './query-token.ts'
import { isRefusal, tokenInPlaceOf } from './refusal.ts'
import type { Route } from './routes.ts'
import { tokenOptions } from './token-options.ts'

/** One request of a chain of redirects. */
export interface Hop {
  readonly fetch: Fetch
  readonly request: FetchRequest
  readonly redirect: RedirectMode
}

/** The same with the rule that gives it a token. */
interface RoutedHop extends Hop, Presenting {
  readonly route: Route
}

/** Sends one hop without a token. */
export function sendBare(hop: Hop): Promise<Response> {
  return send(hop, hop.request.body.first, {})
}

/** Sends one hop with a token; when that is refused, once more with another one, if there is one and the body can be sent again. */
export async function sendWithToken(spending: Spending, hop: RoutedHop): Promise<Response> {
  const { request, route } = hop
  const signal = request.options.signal ?? undefined
  const sent = await firstToken(spending, hop)
  const response = await send(hop, request.body.first, await present(sent, hop))
  if (!refuses(spending, hop, sent, response)) return response

  const next = tokenInPlaceOf(sent, spending, route, { signal })
  const body = await request.body.again()
  const token = body && (await next)
  signal?.throwIfAborted()
  if (token === undefined) return response
  void discardBody(response)
  const second = await send(pastCaches(hop), body, await present(token, hop))
  refuses(spending, hop, token, second)
  return second
}

/** Without one nothing is sent, and whoever makes the body hears of it. */
async function firstToken({ source }: Spending, { request, route }: RoutedHop): Promise<AccessToken> {
  const { headers, url, options, body } = request
  let stopWatching = () => {}
  try {
    const host = headers.get('host')
    if (host !== null && !isOwnHost(host, route.origin)) throw foreignHost(route.origin)
    if (hasQueryToken(url.search)) throw tokenInQuery()
    const patience = { signal: options.signal ?? undefined, maxWait: route.maxWait, origin: route.origin }
    const token = source.token(route.request, patience)
    if (!(token instanceof Promise)) return token
    const failed = new Promise<never>((_, reject) => {
      stopWatching = body.watch((error) => reject(new TypeError('fetch failed', { cause: error })))
    })
    return await Promise.race([token, failed])
  } catch (error) {
    body.abandon(error)
    throw error
  } finally {
    stopWatching()
  }
}

/** Whether the answer asks for another token. A base fetch that followed a redirect by itself brings one from elsewhere. */
function refuses(spending: Spending, { request, route }: RoutedHop, token: AccessToken, response: Response): boolean {
  if (!isAnswerTo(request, response)) return false
  const { status, headers }: { readonly status: number; readonly headers?: Headers } = response
  return isRefusal(spending, route, token, {
    status,
    get headers() {
      return Object.fromEntries(headers ?? []) // few answers are read so closely; a double of a test may have none
    }
  })
}

/** A base fetch that caches could give the refused answer once more. */
function pastCaches(hop: RoutedHop): RoutedHop {
  const { fetch, request } = hop
  if (request.method !== 'GET' && request.method !== 'HEAD') return hop
  return { ...hop, fetch: (input, init = {}) => uncached(fetch, input, init) }
}

function send({ fetch, request, redirect }: Hop, body: FetchInit | undefined, shown: HeaderFields): Promise<Response> {
  const { url, method, source } = request
  const { [tokenOptions]: _, ...options } = request.options // the base fetch may be another one of ours
  const headers = [...request.headers, ...(Object.entries(shown) as [string, string][])]
  return fetch(source ?? url.href, { ...options, ...body, method, headers, redirect })
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
