import { toldToCaller } from '../errors.ts'
import { late } from '../late.ts'
import type { BearerFetch } from './bearer-fetch.ts'
import { explain } from './explain.ts'
import type { Fetch } from './fetch-body.ts'
import { argumentsOf, type FetchRequest, isRequest, readRequest, readUrl } from './fetch-request.ts'
import type { BearerOptions } from './interceptor.ts'

export interface BearerFetchOptions extends BearerOptions {
  /** What sends the requests; without it `globalThis.fetch` as it is at each call. */
  readonly baseFetch?: Fetch | undefined
}

const chain = late(() => import('./fetch-chain.ts'))

/**
 * A `fetch` that puts a token on requests to the origins of its routes, on each hop of a redirect by the rule for that
 * hop. After a 401 it sends that hop once more with another token, if there is one and the body can be sent again. It
 * rejects with the token source's error when there is no token.
 */
export function bearerFetch({ baseFetch, ...options }: BearerFetchOptions): BearerFetch {
  chain.load().catch(() => {}) // told to whoever calls
  const firstGlobal = globalThis.fetch
  // Somebody may make this very function the global one.
  const base = () => baseFetch ?? (globalThis.fetch === withToken ? firstGlobal : globalThis.fetch)

  async function withToken(...given: Parameters<Fetch>): Promise<Response> {
    const fetch = base()
    const [input, init] = argumentsOf(...given)
    const url = readUrl(isRequest(input) ? input.url : input)
    if (url === undefined || options.routes.find(url.origin, url.pathname) === undefined) return fetch(input, init)
    return await toldToCaller(follow(options, fetch, readRequest(input, url, init)))
  }

  return Object.assign(withToken, { explain: (url: string | URL) => explain(options.routes, url) })
}

/** What is read of the request is read already: nothing that the caller changes while the code is loaded reaches it. */
async function follow(options: BearerOptions, fetch: Fetch, request: FetchRequest): Promise<Response> {
  const { fetchChain } = chain.loaded ?? (await chain.load().catch((error) => abandon(request, error)))
  return fetchChain(options, fetch, request)
}

function abandon({ body }: FetchRequest, error: unknown): never {
  body.abandon(error)
  throw error
}
