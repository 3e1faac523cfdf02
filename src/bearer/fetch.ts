import { discardBody } from '../http/discard-body.ts'
import type { AccessToken } from '../token/access-token.ts'
import type { Patience } from '../token/token-source.ts'
import type { BearerFetch } from './bearer-fetch.ts'
import { explain } from './explain.ts'
import { type BodyCopy, copyBody, type Fetch, type FetchInit, type FetchInput, isRequest } from './fetch-body.ts'
import type { BearerOptions } from './interceptor.ts'
import { hasQueryToken, tokenInQuery } from './query-token.ts'
import { type Rejection, readRejection, reportRejection } from './rejection.ts'
import type { Route } from './routes.ts'

export interface BearerFetchOptions extends BearerOptions {
  /** What sends the requests; without it `globalThis.fetch` as it is at each call. */
  readonly baseFetch?: Fetch | undefined
}

interface Call {
  readonly fetch: Fetch
  readonly input: FetchInput
  readonly init: FetchInit | undefined
  readonly url: URL
  readonly headers: Headers
  readonly route: Route
}

/**
 * A `fetch` that puts a token on requests to the origins of its routes. After a 401 it sends once more with another
 * token, if there is one and the body can be sent again. It rejects with the token source's error when there is no token.
 */
export function bearerFetch({ baseFetch, ...options }: BearerFetchOptions): BearerFetch {
  const firstGlobal = globalThis.fetch
  // Somebody may make this very function the global one.
  const base = () => baseFetch ?? (globalThis.fetch === withToken ? firstGlobal : globalThis.fetch)

  async function withToken(...given: Parameters<Fetch>): Promise<Response> {
    const fetch = base()
    // A Request can stand in for the init, and its fields are not its own: a spread would lose them.
    const [input, init] = isRequest(given[1]) ? [new Request(given[0], given[1])] : given
    const url = readUrl(input)
    const route = url === undefined ? undefined : options.routes.find(url.origin, url.pathname)
    if (url === undefined || route === undefined) return fetch(input, init)
    const headers = new Headers(init?.headers ?? (isRequest(input) ? input.headers : undefined))
    if (headers.has('authorization')) return fetch(input, init)
    if (hasQueryToken(url.search)) throw tokenInQuery()
    return exchange(options, { fetch, input, init, url, headers, route })
  }

  return Object.assign(withToken, { explain: (url: string | URL) => explain(options.routes, url) })
}

async function exchange(options: BearerOptions, call: Call): Promise<Response> {
  const { input, init, route } = call
  const signal = init?.signal ?? (isRequest(input) ? input.signal : undefined)
  const patience = { signal, maxWait: route.maxWait }
  const sent = await options.source.token(route.request, patience)
  const copy = copyBody(input, init)
  try {
    const response = await send(call, sent)
    const rejection = readAnswer(options, call, sent, response)
    if (!rejection?.asksForAnotherToken) return response
    const next = await anotherToken(options, route, sent, copy, patience)
    if (next === undefined) return response
    void discardBody(response)
    const second = await send(call, next, copy.again())
    readAnswer(options, call, next, second)
    return second
  } finally {
    copy.drop()
  }
}

function send({ fetch, input, init, headers }: Call, token: AccessToken, body?: object): Promise<Response> {
  return fetch(input, { ...init, ...body, headers: [...headers, ['authorization', token.authorization]] })
}

/** What the answer says about our token. After a redirect to another origin or route it was not sent there. */
function readAnswer(
  { emit, routes }: BearerOptions,
  { url, route }: Call,
  token: AccessToken,
  response: Response
): Rejection | undefined {
  const answered = readUrl(response.url) ?? url
  const there = answered.origin === url.origin ? routes.find(answered.origin, answered.pathname) : undefined
  if (there?.request.key !== route.request.key) return undefined
  const rejection = readRejection(response.status, response.headers.get('www-authenticate'))
  if (rejection !== undefined) reportRejection(emit, route, token, response.status, rejection)
  return rejection
}

/** Undefined when the refused answer is what the caller gets: no other token, or a body that cannot be sent again. */
async function anotherToken(
  { source }: BearerOptions,
  { request }: Route,
  sent: AccessToken,
  copy: BodyCopy,
  patience: Patience
): Promise<AccessToken | undefined> {
  const next = Promise.resolve(source.token(request, { ...patience, rejected: sent })).catch(() => sent) // its failure is the source's to tell
  if (copy.again() === undefined) return undefined
  const token = await next
  patience.signal?.throwIfAborted()
  return token.serial === sent.serial ? undefined : token
}

/** Undefined for what `fetch` refuses: no URL, or one with user information. */
function readUrl(input: FetchInput): URL | undefined {
  const text = isRequest(input) ? input.url : String(input)
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url?.username === '' && url.password === '' ? url : undefined
}
