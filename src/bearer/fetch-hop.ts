import { uncached } from '../http/uncached.ts'
import type { AccessToken } from '../token/access-token.ts'
import { patienceFromNow, type Spending } from './bearer-request.ts'
import type { Fetch, FetchInit, RedirectMode } from './fetch-body.ts'
import type { FetchRequest } from './fetch-request.ts'
import type { HeaderFields } from './header-fields.ts'
import { foreignHost, isOwnHost } from './own-host.ts'
import { present } from './present.ts'
import { hasQueryToken, tokenInQuery } from './query-token.ts'
import { tokenInPlaceOf, type Wanted, wantedBy } from './refusal.ts'
import { mayRefuse } from './rejection.ts'
import { firstShown, type RoutedRequest, type ShownToken, unlessBodyFails } from './shown-token.ts'
import { tokenOptions } from './token-options.ts'
import { finishUnread } from './unread-answer.ts'

/** One request of a chain of redirects. */
export interface Hop {
  readonly fetch: Fetch
  readonly request: FetchRequest
  readonly redirect: RedirectMode
}

/** The same with the rule that gives it a token. */
interface RoutedHop extends Hop, RoutedRequest {}

/** Sends one hop without a token. */
export function sendBare(hop: Hop): Promise<Response> {
  return send(hop, hop.request.body.first, {})
}

/**
 * Sends one hop with a token. If the token is refused, it sends the hop once more with another token, and if the proof is refused, with another
 * proof, provided that the body can be sent again.
 */
export async function sendWithToken(spending: Spending, hop: RoutedHop): Promise<Response> {
  const { body } = hop.request
  const signal = signalOf(hop)
  const first = await firstOf(spending, hop)
  let { token } = first
  let response = await send(hop, body.first, first.fields)
  for (;;) {
    const wanted = await wantedIn(response, token, spending, hop)
    if (wanted === undefined) return response
    const patience = patienceFromNow(spending, hop.route, { signal })
    const next = wanted === 'proof' ? token : tokenInPlaceOf(token, spending, hop.route, patience)
    const again = await body.again()
    const another = again && (await next)
    signal?.throwIfAborted()
    if (another === undefined) return response
    if (wanted === 'token') hop.hasNewToken = true
    token = another
    await finishUnread(response)
    response = await send(pastCaches(hop), again, await present(token, hop, patience))
  }
}

/** Without a token nothing is sent, and the source of the body learns of it. */
async function firstOf(spending: Spending, hop: RoutedHop): Promise<ShownToken> {
  const { route, request } = hop
  const { headers, url, body } = request
  try {
    const host = headers.get('host')
    if (host !== null && !isOwnHost(host, route.origin)) throw foreignHost(route.origin)
    if (hasQueryToken(url.search)) throw tokenInQuery()
    const shown = firstShown(spending, hop, patienceFromNow(spending, route, { signal: signalOf(hop) }))
    if (!(shown instanceof Promise)) return shown
    return await unlessBodyFails(shown, (failed) =>
      body.watch((error) => failed(new TypeError('fetch failed', { cause: error })))
    )
  } catch (error) {
    body.abandon(error)
    throw error
  }
}

function signalOf({ request }: Hop): AbortSignal | undefined {
  return request.options.signal ?? undefined
}

/** What the answer asks for. If the base fetch has followed a redirect by itself, the answer comes from another place. */
async function wantedIn(response: Response, token: AccessToken, spending: Spending, hop: RoutedHop): Promise<Wanted> {
  const { request } = hop
  if (!isAnswerTo(request, response)) return undefined
  const { status, headers }: { readonly status: number; readonly headers?: Headers } = response
  const mayBeRepeated = hop.proven !== undefined && mayRefuse({ status }, token.type)
  const canBeRepeated = mayBeRepeated && (await request.body.again()) !== undefined
  const answer = {
    status,
    get headers() {
      return Object.fromEntries(headers ?? []) // few answers are read so closely; a double of a test may have none
    }
  }
  return wantedBy(spending, hop, token, answer, { canBeRepeated: () => canBeRepeated })
}

/** The safe methods. No cache answers another one. */
const cached = ['GET', 'HEAD', 'OPTIONS', 'QUERY']

/** A base fetch with a cache could return the refused answer again. */
function pastCaches(hop: RoutedHop): RoutedHop {
  const { fetch, request } = hop
  if (!cached.includes(request.method)) return hop
  return { ...hop, fetch: (input, init = {}) => uncached(fetch, input, init) }
}

function send({ fetch, request, redirect }: Hop, body: FetchInit | undefined, shown: HeaderFields): Promise<Response> {
  const { url, method, source } = request
  const { [tokenOptions]: _, ...options } = request.options // the base fetch may be another one of ours
  const own = [...request.headers].filter(([name]) => name !== 'dpop' || !('dpop' in shown))
  const headers = [...own, ...(Object.entries(shown) as [string, string][])]
  return fetch(source ?? url.href, { ...options, ...body, method, headers, redirect })
}

/** Whether nobody followed a redirect. A `fetch` of a test may leave out the URL. */
export function isAnswerTo({ url }: FetchRequest, { url: answered, redirected }: Response): boolean {
  if (redirected) return false
  if (answered === url.href) return true
  return !URL.canParse(answered) || withoutFragment(new URL(answered)) === withoutFragment(url)
}

function withoutFragment({ href, hash }: URL): string {
  return hash === '' ? href.replace(/#$/, '') : href.slice(0, -hash.length)
}
