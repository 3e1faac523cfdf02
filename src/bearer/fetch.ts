import type { BearerFetch } from './bearer-fetch.ts'
import { explain } from './explain.ts'
import type { Fetch } from './fetch-body.ts'
import { fetchChain } from './fetch-chain.ts'
import { argumentsOf, isRequest, readRequest, readUrl } from './fetch-request.ts'
import type { BearerOptions } from './interceptor.ts'

export interface BearerFetchOptions extends BearerOptions {
  /** What sends the requests; without it `globalThis.fetch` as it is at each call. */
  readonly baseFetch?: Fetch | undefined
}

/**
 * A `fetch` that puts a token on requests to the origins of its routes, on each hop of a redirect by the rule for that
 * hop. After a 401 it sends that hop once more with another token, if there is one and the body can be sent again. It
 * rejects with the token source's error when there is no token.
 */
export function bearerFetch({ baseFetch, ...options }: BearerFetchOptions): BearerFetch {
  const firstGlobal = globalThis.fetch
  // Somebody may make this very function the global one.
  const base = () => baseFetch ?? (globalThis.fetch === withToken ? firstGlobal : globalThis.fetch)

  async function withToken(...given: Parameters<Fetch>): Promise<Response> {
    const fetch = base()
    const [input, init] = argumentsOf(...given)
    const url = readUrl(isRequest(input) ? input.url : input)
    if (url === undefined || options.routes.find(url.origin, url.pathname) === undefined) return fetch(input, init)
    return fetchChain(options, fetch, readRequest(input, url, init))
  }

  return Object.assign(withToken, { explain: (url: string | URL) => explain(options.routes, url) })
}
